use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use quick_xml::XmlVersion;
use quick_xml::events::Event;
use serde_json::Value;

use super::report::{Cause, Place};
use super::sample::{every_case, finding, own, report};
use super::*;
use crate::api::{FindingOutcome, Mode};
use crate::rules::{Code, RULES, Rule};

fn shown(format: Format, report: &Report) -> String {
    with(format, report, Look::default())
}

fn with(format: Format, report: &Report, look: Look) -> String {
    let mut out = Vec::new();
    write(format, report, look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json(format: Format, report: &Report) -> Value {
    serde_json::from_str(&shown(format, report)).unwrap()
}

fn clean() -> Report {
    Report { outcome: crate::engine::Outcome::Compliant, horizon: None, ..report(Vec::new()) }
}

// ---- what each looks like -------------------------------------------------------------------------------------------

#[test]
fn text() {
    insta::assert_snapshot!("text", shown(Format::Text, &every_case()));
    insta::assert_snapshot!("text_clean", shown(Format::Text, &clean()));
    let coloured = with(Format::Text, &every_case(), Look { colour: true, verbose: true });
    insta::assert_snapshot!("text_coloured", coloured.replace('\u{1b}', "␛"));
}

#[test]
fn text_fits_in_eighty_columns_but_for_messages_and_has_no_trailing_spaces() {
    for line in shown(Format::Text, &every_case()).lines() {
        assert_eq!(line, line.trim_end());
        assert!(line.chars().count() <= 80 || line.split("]: ").count() > 1, "{line}");
    }
}

#[test]
fn json_has_the_promised_shape() {
    let text = shown(Format::Json, &every_case());
    insta::assert_snapshot!("json", text);
    let heads = ["version", "at", "outcome", "findings", "notJudged", "ignored", "horizon"];
    let at = |head: &str| text.find(&format!("\n  \"{head}\": ")).unwrap();
    assert!(heads.map(at).is_sorted());
}

#[test]
fn sarif() {
    let mut document = json(Format::Sarif, &every_case());
    let driver = &mut document["runs"][0]["tool"]["driver"];
    let rules = driver["rules"].take();
    driver["semanticVersion"].take();
    insta::assert_json_snapshot!("sarif", document);
    assert_eq!(rules.as_array().unwrap().len(), RULES.len());
    let mut rule = rules[8].clone();
    rule["help"].take();
    rule["fullDescription"].take();
    insta::assert_json_snapshot!("sarif_rule", rule);
}

#[test]
fn junit() {
    // Without the many rules that hold.
    let text = shown(Format::Junit, &every_case());
    let lines: Vec<_> =
        text.lines().filter(|line| !line.ends_with("/>") || line.contains("<skipped")).collect();
    insta::assert_snapshot!("junit", lines.join("\n"));
}

#[test]
fn github() {
    insta::assert_snapshot!("github", shown(Format::Github, &every_case()));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!("gitlab", shown(Format::Gitlab, &every_case()));
}

#[test]
fn markdown() {
    insta::assert_snapshot!("markdown", shown(Format::Markdown, &every_case()));
    insta::assert_snapshot!("markdown_clean", shown(Format::Markdown, &clean()));
}

// ---- what holds for all ---------------------------------------------------------------------------------------------

#[test]
fn formats_are_found_by_their_names() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(*format));
    }
    let error = "xml".parse::<Format>().unwrap_err();
    assert!(error.contains("\"xml\"") && error.contains("text, json, sarif"), "{error}");
}

#[test]
fn what_is_set_aside_is_an_error_nowhere() {
    for (exempted, baselined) in [(true, false), (false, true), (true, true)] {
        let aside = Diagnostic {
            exempted,
            baselined,
            message: "wrong".to_owned(),
            ..finding(111, Mode::Enforce, own("Vendor", "", "hub"), "/spec")
        };
        let report = report(vec![aside]);
        assert!(!shown(Format::Text, &report).contains("error"));
        assert_eq!(json(Format::Sarif, &report)["runs"][0]["results"][0]["level"], "note");
        assert_eq!(json(Format::Gitlab, &report)[0]["severity"], "info");
        assert!(!shown(Format::Github, &report).contains("::error"));
        assert!(shown(Format::Junit, &report).contains(r#"failures="0""#));
        assert!(shown(Format::Markdown, &report).starts_with("### cxguard: Violating: no findings; 1 "));
    }
}

#[test]
fn the_rule_to_read_about_is_that_of_the_gravest_finding() {
    let vendor = || own("Vendor", "", "hub");
    let of = |rule, mode| finding(rule, mode, vendor(), "/spec");
    let aside = Diagnostic { exempted: true, ..of(101, Mode::Enforce) };
    let findings = [of(128, Mode::Audit), aside, of(203, Mode::Enforce), of(111, Mode::Enforce)];
    for (count, rule) in [(1, "CX128"), (2, "CX128"), (4, "CX203")] {
        let text = shown(Format::Text, &report(findings[..count].to_vec()));
        assert!(text.ends_with(&format!("more about a rule: cxguard explain {rule}\n")), "{text}");
    }
}

#[test]
fn junit_fails_from_the_mode_on_from_which_the_run_fails() {
    let warning = finding(111, Mode::Warn, own("Vendor", "", "hub"), "/spec");
    for (fails_on, failures) in
        [(Some(Mode::Audit), 1), (Some(Mode::Warn), 1), (Some(Mode::Enforce), 0), (None, 0)]
    {
        let report = Report { fails_on, ..report(vec![warning.clone()]) };
        let text = shown(Format::Junit, &report);
        assert!(text.contains(&format!(r#"failures="{failures}" errors"#)), "{fails_on:?}: {text}");
    }
}

/// A thousand workloads that lack the same fact, the first of them known from a baseline.
fn many_lack_the_same() -> Report {
    let gap = |nth: usize| Gap {
        subject: own("Deployment", "cx", &format!("w{nth:03}")),
        place: Some(super::sample::place("w.yaml", nth + 1, "  name: w", "w")),
        reason: "the country of no pin is unknown".to_owned(),
        rules: [101, 102]
            .map(|code| {
                let fingerprint = format!("{code:08x}{nth:08x}");
                (Code(code), Lack { mode: Mode::Enforce, fingerprint, baselined: nth == 0 })
            })
            .into(),
    };
    let report = Report { outcome: crate::engine::Outcome::Unknown, ..report(Vec::new()) };
    Report { gaps: (0..1000).map(gap).collect(), ..report }
}

#[test]
fn what_many_objects_lack_is_one_line_to_people_and_a_list_to_programs() {
    let report = many_lack_the_same();
    for format in [Format::Text, Format::Markdown] {
        let text = shown(format, &report);
        assert!(text.lines().count() < 30, "{text}");
        let text = text.replace("\n    ", " ");
        for part in
            ["999 not judged for want of a fact", "Deployment/cx/w005 and 994 more", "Deployment/cx/w000"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("known from the baseline"), "{text}");
    }
    let json = json(Format::Json, &report);
    let skipped = json["notJudged"].as_array().unwrap();
    let of = |code: &str| skipped.iter().filter(|one| one["rule"] == code).collect::<Vec<_>>();
    assert_eq!((of("CX101").len(), of("CX102").len()), (1000, 1000));
    assert_eq!((&of("CX101")[0]["mode"], &of("CX101")[999]["mode"]), (&Value::Null, &"Enforce".into()));
    let sarif = self::json(Format::Sarif, &report);
    let notes = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let about = notes.iter().filter(|note| note["associatedRule"]["id"] == "CX101").collect::<Vec<_>>();
    let places: Vec<_> = about.iter().map(|note| note["locations"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(places, [100, 0]);
    assert_eq!(about[0]["message"]["text"], "the country of no pin is unknown (and of 899 more)");
    assert_eq!(shown(Format::Github, &report).lines().count(), 1000);
    assert_eq!(self::json(Format::Gitlab, &report).as_array().unwrap().len(), 999);
    assert!(shown(Format::Junit, &report).contains(r#"failures="999""#));
}

#[test]
fn what_leaves_every_rule_open_lists_none() {
    let lack = |rule: &&Rule| {
        (rule.code, Lack { mode: Mode::Enforce, fingerprint: "0".repeat(16), baselined: false })
    };
    let gap = |count: usize| Gap {
        subject: own("CompliancePolicy", "", "gdpr"),
        place: None,
        reason: "CompliancePolicy/gdpr cannot be read".to_owned(),
        rules: RULES.iter().take(count).map(lack).collect(),
    };
    let text = |count| shown(Format::Text, &Report { gaps: vec![gap(count)], ..report(Vec::new()) });
    assert!(text(RULES.len()).contains("not judged: every rule of CompliancePolicy/gdpr:"));
    assert!(text(2).contains("not judged: CX001, CX002 of CompliancePolicy/gdpr:"));
}

#[test]
fn a_comment_is_never_longer_than_github_takes() {
    let finding = Diagnostic {
        message: "𝕨rong ".repeat(40),
        exempted: false,
        ..finding(111, Mode::Enforce, own("Vendor", "", "hub"), "/spec")
    };
    let aside = Diagnostic { exempted: true, ..finding.clone() };
    let skipped =
        NotJudged { what: Unjudged::File("chart ".repeat(30)), reason: "it is not rendered".to_owned() };
    let many = |one: &Diagnostic| vec![one.clone(); 400];
    let mut report = report([many(&finding), many(&aside)].concat());
    report.not_judged = vec![skipped; 400];
    let text = shown(Format::Markdown, &report);
    assert!((40_000..=65_536).contains(&text.encode_utf16().count()), "{}", text.encode_utf16().count());
    let rows = text.lines().filter(|line| line.starts_with("| error CX111")).count();
    assert!(text.contains(&format!("**{} more are left out here.**", 400 - rows)));
    assert_eq!(text.matches("<details>").count(), 2);
    assert_eq!(text.matches("</details>").count(), 2);
}

// ---- read back ------------------------------------------------------------------------------------------------------

/// The names and texts of an XML document; an error if it is none.
fn xml(text: &str) -> Result<Vec<String>, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut seen = Vec::new();
    let mut open = 0_usize;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof if open == 0 => return Ok(seen),
            Event::Eof => return Err("an element is not closed".to_owned()),
            event => {
                if let Event::Start(element) | Event::Empty(element) = &event {
                    seen.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
                    for attribute in element.attributes() {
                        let attribute = attribute.map_err(|error| error.to_string())?;
                        seen.push(
                            attribute
                                .normalized_value(XmlVersion::Explicit1_0)
                                .map_err(|error| error.to_string())?
                                .into_owned(),
                        );
                    }
                }
                match event {
                    Event::Start(_) => open += 1,
                    Event::End(_) => open = open.checked_sub(1).ok_or("closed twice")?,
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn junit_is_read_by_a_real_parser() {
    let seen = xml(&shown(Format::Junit, &every_case())).unwrap();
    let count = |name: &str| seen.iter().filter(|seen| *seen == name).count();
    assert_eq!(count("failure"), 3);
    assert_eq!(count("system-out"), 2);
    // Rules and a folder that were not judged; what is exempted, what the baseline knows.
    assert_eq!(count("skipped"), 5);
    assert!(seen.contains(&"CX201 Survey/cx-feedback/on|boarding".to_owned()), "{seen:?}");
}

/// A workflow command as GitHub reads it: its name, its properties, its text.
fn command(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
    let (head, data) = line.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ')?;
    let plain = |text: &str| {
        let text = text.replace("%3A", ":").replace("%2C", ",");
        text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    };
    let properties = properties.split(',').map(|property| property.split_once('='));
    let properties: Option<_> =
        properties.map(|pair| pair.map(|(key, value)| (key.to_owned(), plain(value)))).collect();
    Some((name.to_owned(), properties?, plain(data)))
}

#[test]
fn github_commands_are_read_back() {
    let text = shown(Format::Github, &every_case());
    let commands: Vec<_> = text.lines().map(|line| command(line).unwrap()).collect();
    let names: Vec<_> = commands.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["error", "error", "error", "warning", "notice", "notice"]);
    let (_, properties, data) = &commands[3];
    assert_eq!(properties["file"], "survey links/ümläute, 1%.yaml");
    assert_eq!(properties["title"], "CX201 Survey/cx-feedback/on|boarding /spec/links/0");
    assert_eq!((properties["line"].as_str(), properties["col"].as_str()), ("3", "11"));
    assert!(
        data.starts_with("the name is ␛[31mred␛[0m, has two␊lines") && data.contains(" 100%\nsay"),
        "{data}"
    );
}

#[test]
fn github_takes_no_longer_titles() {
    let name = "ü".repeat(300);
    let text =
        shown(Format::Github, &report(vec![finding(111, Mode::Enforce, own("Vendor", "", &name), "/spec")]));
    let (_, properties, data) = command(text.lines().next().unwrap()).unwrap();
    assert_eq!(properties["title"], format!("CX111 Vendor/{}", "ü".repeat(242)));
    assert_eq!(data, format!("CX111 Vendor/{name} /spec"));
}

/// The official schema, in the package of a development dependency.
#[expect(clippy::disallowed_methods, reason = "a test may read a file of its dependencies")]
fn sarif_schema() -> Value {
    let host = String::from_utf8(run(Command::new("rustc").arg("-vV"))).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = run(Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR")));
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let schema = std::fs::read(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_slice(&schema).unwrap();
    // A pattern that is none to a strict reader: it has a bracket too many.
    for owner in ["run", "toolComponent"] {
        schema["definitions"][owner]["properties"]["language"]["pattern"] = ".*".into();
    }
    schema
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    let schema = sarif_schema();
    assert_eq!(schema["title"], "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [every_case(), clean()] {
        let document = json(Format::Sarif, &report);
        let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn sarif_has_no_more_results_than_are_taken_and_says_so() {
    let of = |mode| finding(111, mode, own("Vendor", "", "hub"), "/spec");
    let mut findings = vec![of(Mode::Warn); 25_010];
    findings.push(of(Mode::Enforce));
    let document = json(Format::Sarif, &report(findings.clone()));
    let results = document["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[24_999]["level"]), (25_000, &"error".into()));
    let said = |document: &Value| {
        let notes = document["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
        notes.contains("11 more results")
    };
    assert!(said(&document));
    let all = json(Format::Sarif, &report(findings.split_off(11)));
    assert!(all["runs"][0]["results"].as_array().unwrap().len() == 25_000 && !said(&all));
}

// ---- whatever the names -----------------------------------------------------------------------------------------------

fn anything() -> impl Strategy<Value = String> {
    let nasty = select(vec![
        "]]>",
        "<!--",
        "&amp;",
        "%0A",
        "::error::",
        "\r\n",
        "\u{1b}]0;x\u{7}",
        "|",
        "`",
        "</details>",
        "\"",
        "'",
        "\\",
        "\u{202e}",
        "名",
        "\u{ffff}",
        "e\u{301}",
        "\u{200b}",
        "[x](https://s.example/a_b)",
        " ::stop-commands::x ",
        ",",
        "=",
        "\u{1}",
        "\u{2}",
    ]);
    let part = prop_oneof![nasty.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// What moves, or is not seen where it stands between letters.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n') || c == '\u{200b}'
}

/// Also on lines that are too long, and with a mark that is out of bounds or within a character.
fn places() -> impl Strategy<Value = Place> {
    let source = (anything(), 0..40_usize).prop_map(|(part, times)| part.repeat(times));
    let numbers = (1..2000_usize, 0..400_usize, 0..400_usize);
    (anything(), source, numbers).prop_map(|(file, source, (line, from, to))| Place {
        file,
        line,
        column: from + 1,
        end_line: line,
        end_column: from + 2,
        source,
        marked: from..to.max(from),
    })
}

fn diagnostics() -> impl Strategy<Value = Diagnostic> {
    let subject = || (anything(), anything()).prop_map(|(kind, name)| own(&kind, "cx", &name));
    (
        (0..1000_u16, select(Mode::ALL), select(FindingOutcome::ALL), any::<(bool, bool)>()),
        (subject(), anything(), anything(), anything()),
        (proptest::option::of(places()), proptest::option::of(places()), vec(subject(), 0..8)),
    )
        .prop_map(
            |((rule, mode, outcome, (exempted, baselined)), (subject, path, message, remedy), rest)| {
                let (place, other, affects) = rest;
                Diagnostic {
                    outcome,
                    place,
                    message,
                    remedy,
                    exempted,
                    baselined,
                    cause: other.map(|place| Cause {
                        subject: own("Vendor", "", &place.file),
                        path: place.source.clone(),
                        place: Some(place),
                    }),
                    affects,
                    ..finding(rule, mode, subject, &path)
                }
            },
        )
}

/// What could not be judged, and what could not be read.
fn lacks() -> impl Strategy<Value = (Vec<Gap>, Vec<Unread>)> {
    let gap = (anything(), anything(), proptest::option::of(places()), any::<bool>());
    let gap = gap.prop_map(|(name, reason, place, baselined)| {
        let lack = Lack { mode: Mode::Enforce, fingerprint: "0".repeat(16), baselined };
        Gap { subject: own("Vendor", "", &name), place, reason, rules: [(Code(103), lack)].into() }
    });
    let at = proptest::option::of((1..9_usize, 1..9_usize));
    let unread = (anything(), at, anything()).prop_map(|(file, at, problem)| Unread { file, at, problem });
    (vec(gap, 0..3), vec(unread, 0..3))
}

/// What people read in a document for programs.
fn words<'v>(document: &'v Value, of: &[&str], into: &mut Vec<&'v str>) {
    match document {
        Value::Array(items) => items.iter().for_each(|item| words(item, of, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if of.contains(&name.as_str()) => into.push(text),
                    _ => words(value, of, into),
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_breaks_a_format(
        findings in vec(diagnostics(), 0..4),
        file in anything(),
        reason in anything(),
        (gaps, unread) in lacks(),
    ) {
        let counted = findings.iter().filter(|finding| finding.counts()).count();
        let lacking = gaps.iter().filter(|gap| gap.rules.values().all(|lack| !lack.baselined)).count();
        let mut report = report(findings);
        report.ignored = BTreeMap::from([(file.clone(), 1)]);
        report.not_judged = vec![NotJudged { what: Unjudged::File(file), reason }];
        let unread_count = unread.len();
        (report.gaps, report.unread) = (gaps, unread);
        for format in [Format::Json, Format::Sarif, Format::Gitlab] {
            let document = serde_json::from_str::<Value>(&shown(format, &report));
            prop_assert!(document.is_ok());
            let document = document.unwrap_or_default();
            let mut said = Vec::new();
            if format == Format::Sarif {
                words(&document["runs"][0]["results"], &["text"], &mut said);
                words(&document["runs"][0]["invocations"], &["text"], &mut said);
                prop_assert!(said.iter().all(|text| !text.contains("](")), "{:?}", said);
            } else if format == Format::Gitlab {
                words(&document, &["description"], &mut said);
            }
            prop_assert!(!said.iter().any(|text| text.contains(steers)), "{:?}", said);
        }
        let junit = shown(Format::Junit, &report);
        if let Err(error) = xml(&junit) {
            return Err(TestCaseError::fail(error));
        }
        // What XML forbids, and its reader does not mind.
        let forbidden = ['\u{fffe}', '\u{ffff}'];
        prop_assert!(!junit.contains(forbidden));
        let github = shown(Format::Github, &report);
        prop_assert_eq!(github.lines().count(), counted + lacking + unread_count + 1);
        prop_assert!(github.lines().all(|line| command(line).is_some()), "{}", github);
        // One row of the table for each, and nothing that steers.
        let markdown = shown(Format::Markdown, &report);
        prop_assert_eq!(markdown.lines().filter(|line| line.starts_with("| ")).count(), if counted > 0 { counted + 1 } else { 0 });
        // No address becomes a link in somebody else's name.
        prop_assert!(!markdown.contains("://"), "{}", markdown);
        let text = shown(Format::Text, &report);
        // A workflow command may be indented; `:::` before a place is none.
        let is_command = |line: &str| line.trim_start().strip_prefix("::").is_some_and(|rest| !rest.starts_with(':'));
        prop_assert!(!text.lines().any(is_command), "{}", text);
        for text in [text, junit, github, markdown] {
            prop_assert!(!text.contains(steers), "{}", text);
        }
    }
}
