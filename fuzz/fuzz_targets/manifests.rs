//! Any bytes, read as a file of manifests, judged, reported, and put right. Nothing panics, what is put right stays
//! so, and a report can be made of whatever was read.

#![no_main]

use cxguard::check::{Asked, Selection, flaws, judge, report};
use cxguard::manifests::{Input, Reading, fix, load};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

/// 2026-11-23T12:00:00Z.
const NOW: i64 = 1_795_435_200;

fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = Input::text("fuzz.yaml".to_owned(), true, bytes.to_vec()) else { return };
    let Input::Text { text, .. } = &input else { return };
    let now = Timestamp::from_second(NOW).expect("an instant");
    let reading = Reading { namespace: "default".to_owned(), threads: 1 };
    let estate = load(vec![input.clone()], &reading);
    let objects: Vec<_> = estate.objects().cloned().collect();
    let judged = judge(&estate.world, &objects, now, 1);
    report(&estate, &judged, now, &Asked::default());
    for (_, flaws) in flaws(&estate, &judged, &Selection::default()) {
        let fixed = fix(text, &reading.namespace, now, &flaws);
        let again = fix(&fixed.text, &reading.namespace, now, &flaws);
        assert_eq!((again.done, again.text), (0, fixed.text), "put right twice");
    }
});
