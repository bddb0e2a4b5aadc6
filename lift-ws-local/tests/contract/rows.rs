//! `docs/contract-rows.toml` has every row of the contract, and what it says of tests is true.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The sections whose every row must name a test.
const TESTED: [&str; 11] = ["1.2", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "3.4", "6.3", "7.1"];

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
    pub(crate) test: Option<String>,
}

impl Row {
    /// `1.2` of `1.2.missing-key`, `4` of `4.deny`.
    pub(crate) fn section(&self) -> &str {
        self.id.rsplit_once('.').map_or("", |(section, _)| section)
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
fn every_row_of_a_section_that_is_done_names_a_test() {
    for row in rows() {
        if TESTED.contains(&row.section()) {
            assert!(
                row.test.is_some(),
                "{} ({}) names no test: write `test = \"FILE::FUNCTION\"`",
                row.id,
                row.summary
            );
        }
    }
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
