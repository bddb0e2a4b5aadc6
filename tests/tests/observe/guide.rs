//! The operator's guide and the dashboard know every metric, and no other.

use lift_ws::observe::{METRICS, Metric};
use serde_json::Value;
use std::collections::BTreeSet;

const GUIDE: &str = include_str!("../../../docs/guide/operating.md");
const DASHBOARD: &str = include_str!("../../../docs/dashboard.json");

/// The texts in back quotes of a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Names, unit and breakdown of each row in the guide's table of metrics.
fn rows() -> Vec<(&'static str, &'static str, BTreeSet<&'static str>)> {
    let table = GUIDE.split("| metric | unit | by |").nth(1).expect("the table of metrics");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let (names, unit, by) = (quoted(cells[1]), cells[2], quoted(cells[3]));
        assert_eq!(cells.len(), 7, "{row}");
        assert!(!cells[4].is_empty(), "what does it count? {row}");
        names.into_iter().map(move |name| (name, unit, by.iter().copied().collect())).collect::<Vec<_>>()
    })
    .collect()
}

fn known(name: &str) -> &'static Metric {
    METRICS.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("there is no metric {name}"))
}

#[test]
fn the_guide_lists_every_metric_once_with_its_unit_and_dimensions() {
    let rows = rows();
    for (name, unit, by) in &rows {
        let metric = known(name);
        assert_eq!(metric.unit, *unit, "{name}");
        let dimensions = metric.dimensions.iter().flat_map(|set| set.iter().copied());
        assert_eq!(*by, dimensions.filter(|name| *name != "Service").collect::<BTreeSet<_>>(), "{name}");
    }
    for metric in METRICS {
        assert_eq!(rows.iter().filter(|(name, ..)| *name == metric.name).count(), 1, "{}", metric.name);
    }
}

/// Each metric that a widget shows: name and dimension names.
fn shown(widget: &Value) -> Vec<(String, Vec<String>)> {
    let mut shown = Vec::new();
    for metric in widget["properties"]["metrics"].as_array().expect("metrics") {
        let parts = metric.as_array().expect("a metric is an array");
        let texts: Vec<_> = parts.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
        let options = parts.last().filter(|last| last.is_object());
        assert!(parts.iter().take(texts.len()).all(Value::is_string), "{metric}");
        if let Some(expression) = options.and_then(|options| options["expression"].as_str()) {
            assert!(texts.is_empty() && options.unwrap()["id"].is_string(), "{metric}");
            shown.extend(searched(expression));
        } else {
            assert_eq!(texts[0], "LiftWs");
            assert_eq!(texts.len() % 2, 0, "names and values of dimensions: {metric}");
            shown.push((texts[1].clone(), texts[2..].iter().step_by(2).cloned().collect()));
        }
    }
    shown
}

/// What `SEARCH('{LiftWs,Service,Route} Service="chat" MetricName="Events"', …)` looks for; arithmetic looks for nothing.
fn searched(expression: &str) -> Option<(String, Vec<String>)> {
    let schema = expression.strip_prefix("SEARCH('{LiftWs,")?.split('}').next()?;
    let name = expression.split("MetricName=\"").nth(1)?.split('"').next()?;
    Some((name.to_owned(), schema.split(',').map(ToOwned::to_owned).collect()))
}

#[test]
fn the_dashboard_shows_metrics_that_exist_with_their_dimensions() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut all = BTreeSet::new();
    for widget in dashboard["widgets"].as_array().unwrap().iter().filter(|widget| widget["type"] == "metric")
    {
        for (name, dimensions) in shown(widget) {
            let exists = known(&name).dimensions.iter().any(|set| dimensions.iter().eq(set.iter()));
            assert!(exists, "{name} has no dimensions {dimensions:?}");
            all.insert(name);
        }
    }
    // of single operations the calls are shown; throttled and failed ones in sum
    let is_of_one = |name: &str| {
        let in_sum = ["TableThrottled", "TableFailed"].contains(&name);
        name.starts_with("Table") && (name.ends_with("Throttled") || name.ends_with("Failed")) && !in_sum
    };
    let wanted = METRICS.iter().filter(|metric| !is_of_one(metric.name));
    for metric in wanted {
        assert!(all.contains(metric.name), "the dashboard does not show {}", metric.name);
    }
}

/// "Dashboard body structure and syntax" of the CloudWatch API reference.
#[test]
fn the_dashboard_has_the_shape_that_cloudwatch_takes() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let widgets = dashboard["widgets"].as_array().unwrap();
    assert!((1..=500).contains(&widgets.len()));
    let mut taken = BTreeSet::new();
    for widget in widgets {
        let number = |name: &str| widget[name].as_u64().unwrap_or_else(|| panic!("{name} of {widget}"));
        let (x, y, width, height) = (number("x"), number("y"), number("width"), number("height"));
        assert!(width >= 1 && x + width <= 24 && (1..=1_000).contains(&height), "{widget}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "two widgets lie at {cell:?}");
        }
        let properties = &widget["properties"];
        match widget["type"].as_str().unwrap() {
            "metric" => {
                assert!(properties["region"].is_string() && properties["title"].is_string());
                assert!(properties["period"].as_u64().unwrap().is_multiple_of(60));
                assert!(
                    ["timeSeries", "singleValue", "bar", "pie"]
                        .contains(&properties["view"].as_str().unwrap())
                );
                assert!((1..=500).contains(&shown(widget).len()));
            }
            "log" => assert!(properties["query"].as_str().unwrap().starts_with("SOURCE '/aws/lambda/")),
            "text" => assert!(properties["markdown"].is_string()),
            other => panic!("a widget of type {other}"),
        }
    }
}

#[test]
fn the_guide_names_every_field_of_a_span() {
    for field in ["route", "connection_id", "request_id", "trace_id", "user", "status", "code", "duration_ms"]
    {
        assert!(GUIDE.contains(&format!("| `span.{field}` |")), "{field}");
    }
}
