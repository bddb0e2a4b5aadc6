//! `docs/fidelity.md` says what `docs/contract-rows.toml` says.

use std::fmt::Write as _;

use expect_test::expect_file;

use crate::rows::{Row, rows};

const HEAD: &str = "\
# How faithful the local gateway is

Every row of what API Gateway does with WebSocket APIs, how sure it is, and the test that holds the local gateway to it. Made
from `docs/contract-rows.toml` by `UPDATE_EXPECT=1 cargo test -p lift-ws-local --test contract fidelity`.

| tag | how sure |
| --- | --- |
| D | documented by AWS |
| O | observed on AWS, by people who published it |
| U | uncertain: no evidence; the row says what we chose, and where two readings are possible the setting that chooses |
| M | measured here, on the clients and run times concerned |

A setting stands in the manifest: `\"readings\": { \"lenientJson\": true }`. Frames, events, refusals and the answers of `@connections`
are also compared byte for byte with the files of `lift-ws-local/tests/contract/wire` and `lift-ws-local/tests/gateway/wire`.

Does a test notice if a rule is broken? `bash .ci/run broken_rules` breaks them one by one in a copy, and shows which test fails.
";

const SECTIONS: [(&str, &str); 24] = [
    ("1.1", "The route kinds"),
    ("1.2", "The route selection expression"),
    ("1.3", "No route and no `$default`"),
    ("2.1", "Which fields events have"),
    ("2.2", "Samples of events"),
    ("2.3", "Events and `aws_lambda_events`"),
    ("3.1", "What a function returns"),
    ("3.2", "The answer to `$connect`"),
    ("3.3", "The answer to a message"),
    ("3.4", "Frames that the gateway itself sends"),
    ("3.5", "Timeouts"),
    ("4", "Authorization"),
    ("5.1", "`@connections`: requests"),
    ("5.2", "`@connections`: the base URL"),
    ("5.3", "`@connections`: encoding"),
    ("5.4", "`@connections`: errors"),
    ("6.1", "Quotas"),
    ("6.2", "Close codes"),
    ("6.3", "Frames"),
    ("6.4", "Ordering, concurrency, delivery"),
    ("7.1", "The Lambda Runtime API"),
    ("7.2", "The Rust runtime on the wire"),
    ("7.3", "Several events at once"),
    ("7.4", "The function's time"),
];

#[test]
fn the_page_says_what_the_rows_say() {
    expect_file!["../../../docs/fidelity.md"].assert_eq(&page(&rows()));
}

#[test]
fn every_row_is_on_the_page() {
    let rows = rows();
    let page = page(&rows);
    for row in rows {
        assert_eq!(page.matches(&format!("| {} |", row.id)).count(), 1, "{}", row.id);
    }
}

fn page(rows: &[Row]) -> String {
    let tested = rows.iter().filter(|row| row.test.is_some()).count();
    let mut page = format!("{HEAD}\n{tested} of {} rows have a test.\n", rows.len());
    for (section, title) in SECTIONS {
        write!(
            page,
            "\n## §{section} {title}\n\n| row | tag | what is so | test |\n| --- | --- | --- | --- |\n"
        )
        .unwrap();
        for row in rows.iter().filter(|row| row.section() == section) {
            let (id, tag, summary) = (&row.id, &row.tag, row.summary.replace('|', "\\|"));
            let settings: Vec<String> = row.settings().map(|name| format!("`{name}`")).collect();
            let setting = if settings.is_empty() {
                String::new()
            } else {
                format!(" (setting: {})", settings.join(", "))
            };
            writeln!(page, "| {id} | {tag} | {summary}{setting} | {} |", test(row)).unwrap();
        }
    }
    page
}

/// `[name](../FILE)` of `FILE::name`, or why there is no test.
fn test(row: &Row) -> String {
    let split = row.test.as_deref().and_then(|test| test.split_once("::"));
    let reason = || format!("none: {}", row.untested.as_deref().unwrap_or("–"));
    split.map_or_else(reason, |(file, name)| format!("[`{name}`](../{file})"))
}
