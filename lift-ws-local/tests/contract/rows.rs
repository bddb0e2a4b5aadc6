//! `docs/contract-rows.toml` has every row of the contract, and what it says of tests is true.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use lift_ws_local::core::Manifest;
use serde::Deserialize;

/// The rows and bullets of each section, counted in the contract, so that none is lost unnoticed.
const ROWS: [(&str, usize); 24] = [
    ("1.1", 10),
    ("1.2", 19),
    ("1.3", 3),
    ("2.1", 30),
    ("2.2", 3),
    ("2.3", 14),
    ("3.1", 4),
    ("3.2", 14),
    ("3.3", 6),
    ("3.4", 7),
    ("3.5", 2),
    ("4", 18),
    ("5.1", 6),
    ("5.2", 5),
    ("5.3", 2),
    ("5.4", 10),
    ("6.1", 15),
    ("6.2", 10),
    ("6.3", 8),
    ("6.4", 6),
    ("7.1", 15),
    ("7.2", 8),
    ("7.3", 5),
    ("7.4", 2),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contract {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) tag: String,
    pub(crate) summary: String,
    pub(crate) setting: Option<String>,
    pub(crate) test: Option<String>,
    pub(crate) untested: Option<String>,
}

impl Row {
    /// `1.2` of `1.2.missing-key`, `4` of `4.deny`.
    pub(crate) fn section(&self) -> &str {
        self.id.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// Whether AWS has said it, or somebody seen it.
    fn is_known(&self) -> bool {
        self.tag.contains(['D', 'O'])
    }

    pub(crate) fn settings(&self) -> impl Iterator<Item = &str> {
        self.setting.iter().flat_map(|settings| settings.split(", "))
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

pub(crate) fn rows() -> Vec<Row> {
    let text = fs::read_to_string(repository().join("docs/contract-rows.toml")).unwrap();
    toml::from_str::<Contract>(&text).unwrap().row
}

/// Whether a source has a test function of this name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    let is_function = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|line| line.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let is_marked = |place: usize| {
        let attributes = lines[..place].iter().rev().take_while(|line| line.starts_with("#["));
        attributes.into_iter().any(|line| line.contains("test]") || line.contains("test("))
    };
    (0..lines.len()).any(|place| is_function(lines[place]) && is_marked(place))
}

#[test]
fn ids_are_unique_and_every_row_says_how_sure_it_is() {
    let mut seen = HashSet::new();
    for row in rows() {
        assert!(seen.insert(row.id.clone()), "{} is there twice", row.id);
        assert!(!row.summary.is_empty(), "{} has no summary", row.id);
        let letters: HashSet<char> = row.tag.chars().collect();
        let known = letters.iter().all(|letter| "DOUM".contains(*letter));
        assert!(known && !letters.is_empty() && letters.len() == row.tag.len(), "tag of {}", row.id);
    }
}

#[test]
fn no_row_of_the_contract_is_missing() {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows() {
        *counted.entry(row.section().to_owned()).or_default() += 1;
    }
    let expected: BTreeMap<String, usize> = ROWS.map(|(section, rows)| (section.to_owned(), rows)).into();
    assert_eq!(counted, expected);
}

#[test]
fn every_row_that_is_known_names_a_test_and_any_other_a_test_or_a_reason() {
    for row in rows() {
        let (id, summary) = (&row.id, &row.summary);
        match (&row.test, &row.untested) {
            (Some(_), None) => {}
            (None, None) => panic!("{id} ({summary}) names no test: write `test = \"FILE::FUNCTION\"`"),
            (None, Some(reason)) => {
                assert!(!row.is_known(), "{id} ({summary}) is documented or observed, and has no test");
                assert!(reason.split(' ').count() > 3, "{id}: the reason is written out");
            }
            (Some(_), Some(_)) => panic!("{id} has a test and a reason why it has none"),
        }
    }
}

/// The names that `readings` of a manifest may have, as the manifest's own refusal lists them.
fn readings() -> HashSet<String> {
    let refusal = Manifest::parse(r#"{ "readings": { "?": 1 } }"#).unwrap_err().to_string();
    let (_, known) = refusal.split_once("expected one of ").expect("the refusal lists the names");
    let (known, _) = known.split_once(": write").expect("and says what to write");
    known.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_setting_is_a_reading_and_every_reading_belongs_to_a_row() {
    let rows = rows();
    let named: HashSet<String> = rows.iter().flat_map(Row::settings).map(str::to_owned).collect();
    assert_eq!(named, readings());
}

#[test]
fn every_named_test_exists() {
    let mut sources: HashMap<String, String> = HashMap::new();
    for row in rows() {
        let Some(test) = &row.test else { continue };
        let (file, name) =
            test.split_once("::").unwrap_or_else(|| panic!("test of {}: FILE::FUNCTION", row.id));
        let source = sources.entry(file.to_owned()).or_insert_with(|| {
            fs::read_to_string(repository().join(file))
                .unwrap_or_else(|error| panic!("{}: {file}: {error}", row.id))
        });
        assert!(has_test(source, name), "{} names {name}, which is no test of {file}", row.id);
    }
}

#[test]
fn only_tests_count_as_tests() {
    let source = "#[test]\nfn real() {}\n\nfn helper() {}\n\n    #[tokio::test]\n    async fn awaited() {}\n";
    assert!(has_test(source, "real") && has_test(source, "awaited"));
    assert!(!has_test(source, "helper") && !has_test(source, "rea"));
}
