use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::render::Place;

fn subject(kind: &str, namespace: &str, name: &str) -> Subject {
    Subject {
        api_version: "cxguard.dev/v1alpha1".to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

fn sample() -> Forecast {
    let told = |message: &str| Told {
        rule: Code(111),
        mode: Mode::Enforce,
        outcome: FindingOutcome::Violating,
        subject: subject("Vendor", "", "hub"),
        path: "/spec/agreement/validUntil".to_owned(),
        message: message.to_owned(),
        remedy: "renew it".to_owned(),
    };
    let entry = |at: &str, uid: &str, message: &str| Entry {
        at: at.parse().unwrap(),
        uid: uid.to_owned(),
        documents: vec![Document {
            subject: subject("Vendor", "", "hub"),
            path: "/spec/agreement/validUntil".to_owned(),
            value: Some("2026-12-31".to_owned()),
            place: Some(Place {
                file: "vendors.yaml".to_owned(),
                line: 7,
                column: 3,
                end_line: 7,
                end_column: 13,
                source: "  validUntil: 2026-12-31".to_owned(),
                marked: 14..24,
            }),
        }],
        appears: vec![told(message)],
        goes: Vec::new(),
        workloads: vec![WorkloadTurn {
            subject: subject("Deployment", "cx", "sender"),
            from: Outcome::Compliant,
            to: Outcome::Violating,
        }],
        grants: vec![GrantTurn {
            subject: subject("AccessGrant", "cx", "g"),
            from: Phase::Active,
            to: Phase::Suspended,
            reasons: vec!["the agreement ended".to_owned()],
        }],
    };
    Forecast {
        from: "2026-11-23T12:00:00Z".parse().unwrap(),
        until: "2027-05-22T12:00:00Z".parse().unwrap(),
        entries: vec![
            entry("2027-01-01T00:00:00Z", "1@cxguard.dev", "the agreement ended with 2026-12-31"),
            entry(
                "2027-01-02T18:00:00.5Z",
                "2@cxguard.dev",
                &format!("a, b; c\\d\nEND:VEVENT {}", "ü".repeat(200)),
            ),
        ],
        stopped: Some("2027-02-01T00:00:00Z".parse().unwrap()),
        objects: 3,
        unlisted: vec!["nodes".to_owned()],
    }
}

fn written(write: fn(&Forecast, &mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&sample(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn people_read_it_by_date() {
    let text = written(text::write);
    let expected = "\
Fri 2027-01-01 00:00:00 UTC
  because of  Vendor/hub /spec/agreement/validUntil: 2026-12-31
              (vendors.yaml:7:3)
  grant       AccessGrant/cx/g: Active, then Suspended: the agreement ended
  workload    Deployment/cx/sender: Compliant, then Violating
  appears     CX111 (Enforce) Vendor/hub: the agreement ended with 2026-12-31
";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with(
        "2 changes from 2026-11-23T12:00:00Z until 2027-05-22T12:00:00Z.\n3 objects judged.\n\
         There are too many changes: from 2027-02-01T00:00:00Z on none is listed.\n\
         Not known: the cluster's nodes, which could not be listed.\n"
    ));
    let wide = |line: &&str| line.chars().count() > 80 && line.trim().contains(' ');
    assert_eq!(text.lines().find(wide), None);
}

#[test]
fn programs_read_everything() {
    let json: Value = serde_json::from_str(&written(json::write)).unwrap();
    let text = |pointer: &str| json.pointer(pointer).unwrap().to_string();
    for (pointer, expected) in [
        ("/version", "1"),
        ("/entries/0/at", "\"2027-01-01T00:00:00Z\""),
        ("/entries/0/documents/0/object/name", "\"hub\""),
        ("/entries/0/documents/0/value", "\"2026-12-31\""),
        ("/entries/0/documents/0/line", "7"),
        ("/entries/0/appears/0/rule", "\"CX111\""),
        ("/entries/0/workloads/0/to", "\"Violating\""),
        ("/entries/0/grants/0/to", "\"Suspended\""),
        ("/entries/0/grants/0/subject/namespace", "\"cx\""),
        ("/stopped", "\"2027-02-01T00:00:00Z\""),
        ("/unlisted/0", "\"nodes\""),
    ] {
        assert_eq!(text(pointer), expected, "{pointer}");
    }
}

/// The events of a calendar, each with its properties, read by the grammar of RFC 5545: lines unfolded, names apart
/// from values, escapes undone.
fn events(calendar: &str) -> Vec<BTreeMap<String, String>> {
    assert!(!calendar.replace("\r\n", "").contains(['\r', '\n']), "a line that does not end with CRLF");
    assert!(calendar.split("\r\n").all(|line| line.len() <= 75), "a line that is too long");
    let (mut events, mut open) = (Vec::new(), Vec::new());
    for line in calendar.replace("\r\n ", "").split_terminator("\r\n") {
        let (name, value) = line.split_once(':').unwrap();
        match name {
            "BEGIN" => {
                open.push(value.to_owned());
                if value == "VEVENT" {
                    events.push(BTreeMap::new());
                }
            }
            "END" => assert_eq!(open.pop().as_deref(), Some(value)),
            _ if open.len() == 2 => {
                let mut plain = String::new();
                let mut rest = value.chars();
                while let Some(c) = rest.next() {
                    plain.push(match c {
                        '\\' => match rest.next().unwrap() {
                            'n' => '\n',
                            escaped => escaped,
                        },
                        ';' | ',' => panic!("not escaped: {value}"),
                        c => c,
                    });
                }
                assert!(events.last_mut().unwrap().insert(name.to_owned(), plain).is_none(), "{name} twice");
            }
            _ => assert_eq!(open, ["VCALENDAR"]),
        }
    }
    assert!(open.is_empty());
    events
}

#[test]
fn calendars_read_it() {
    let calendar = written(ics::write);
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:"), "{calendar}");
    let events = events(&calendar);
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["UID"], "1@cxguard.dev");
    assert_eq!(events[0]["DTSTAMP"], "20261123T120000Z");
    assert_eq!(events[0]["DTSTART;VALUE=DATE"], "20270101");
    assert_eq!(events[0]["SUMMARY"], "cxguard: Vendor/hub: 1 grant, 1 workload, 1 new finding");
    assert_eq!(events[1]["DTSTART"], "20270102T180000Z");
    let described = &events[1]["DESCRIPTION"];
    let last = described.lines().last().unwrap();
    assert!(last.starts_with("appears CX111 (Enforce) Vendor/hub: a, b; c\\d\u{240a}END:VEVENT ü"), "{last}");
    assert!(last.ends_with(&"ü".repeat(200)));
    assert_eq!(events[2]["DTSTART"], "20270201T000000Z");
}
