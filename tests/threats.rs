//! Every test that docs/security.md names for an attack is there.

#![expect(clippy::disallowed_methods, reason = "reads the tests that are named")]

use std::path::Path;

#[test]
fn every_attack_has_its_tests() {
    let text = include_str!("../docs/security.md");
    let section = text.split_once("\n## Attacks that were tried\n").unwrap().1;
    let section = section.split_once("\n## ").unwrap().0;
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 12, "{rows:?}");
    for row in rows {
        let named: Vec<(&str, &str)> = row.split('`').filter_map(|word| word.split_once(".rs::")).collect();
        assert!(!named.is_empty(), "{row}");
        for (file, function) in named {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{file}.rs"));
            let source = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(source.contains(&format!("fn {function}(")), "{file}.rs has no {function}");
        }
    }
}
