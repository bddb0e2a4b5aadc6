//! Is a line one of CloudWatch's embedded metric format? By the published schema, and by the rules that stand beside it
//! in the text of "Specification: Embedded metric format".

use serde_json::{Map, Value};

/// The most bytes of a line. The specification says 1 MB by now; older texts 256 KB.
const MOST_BYTES: usize = 256 * 1024;

/// # Panics
/// If it is not.
#[track_caller]
pub(crate) fn assert_is_metrics(line: &str) {
    if let Err(why) = check(line) {
        panic!("{why}: {line}");
    }
}

/// Everything that is wrong with a line, or nothing.
pub(crate) fn check(line: &str) -> Result<(), String> {
    if line.len() > MOST_BYTES {
        return Err(format!("{} bytes", line.len()));
    }
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let schema: Value = serde_json::from_str(include_str!("emf-schema.json")).unwrap();
    of_schema(&schema, &value, "$")?;
    let root = value.as_object().ok_or("no object")?;
    for directive in value["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        only(directive, &["Namespace", "Dimensions", "Metrics"])?;
        of_namespace(directive["Namespace"].as_str().unwrap_or_default())?;
        for name in
            directive["Dimensions"].as_array().into_iter().flatten().flat_map(|set| set.as_array()).flatten()
        {
            of_dimension(root, name.as_str().unwrap_or_default())?;
        }
        for metric in directive["Metrics"].as_array().into_iter().flatten() {
            only(metric, &["Name", "Unit", "StorageResolution"])?;
            of_metric(root, metric["Name"].as_str().unwrap_or_default())?;
        }
    }
    only(&value["_aws"], &["Timestamp", "CloudWatchMetrics"])
}

/// "Objects defined by this specification MUST NOT contain any additional members."
fn only(object: &Value, allowed: &[&str]) -> Result<(), String> {
    match object.as_object().into_iter().flatten().find(|(name, _)| !allowed.contains(&name.as_str())) {
        Some((name, _)) => Err(format!("a member `{name}` that the specification does not know")),
        None => Ok(()),
    }
}

/// API_PutMetricData: `[^:].*`, 255 characters, and none of AWS's own.
fn of_namespace(namespace: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_/# ".contains(c);
    let is_legal = namespace.len() <= 255 && namespace.chars().all(legal) && !namespace.starts_with("AWS/");
    if is_legal { Ok(()) } else { Err(format!("the namespace `{namespace}`")) }
}

/// The target of a dimension is a string of the root, and what API_Dimension takes.
fn of_dimension(root: &Map<String, Value>, name: &str) -> Result<(), String> {
    let value =
        root.get(name).and_then(Value::as_str).ok_or_else(|| format!("no text for the dimension {name}"))?;
    let is_legal = (1..=1024).contains(&value.len())
        && value.chars().all(|c| c.is_ascii() && !c.is_ascii_control())
        && !value.trim().is_empty();
    if is_legal { Ok(()) } else { Err(format!("the value `{value}` of the dimension {name}")) }
}

/// The target of a metric is a number of the root, or an array of at most 100 numbers; with the specification's limits
/// on values: no NaN, and 8.515920e-109 to 1.174271e+108 or 0.
fn of_metric(root: &Map<String, Value>, name: &str) -> Result<(), String> {
    let target = root.get(name).ok_or_else(|| format!("no value of the metric {name}"))?;
    let values = target.as_array().map_or_else(|| std::slice::from_ref(target), Vec::as_slice);
    let is_legal = (1..=100).contains(&values.len())
        && values
            .iter()
            .all(|value| value.as_f64().is_some_and(|v| v == 0.0 || (1e-108..1e108).contains(&v)));
    if is_legal { Ok(()) } else { Err(format!("the values of {name}")) }
}

/// The keywords of JSON Schema that the published schema uses.
fn of_schema(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let fail = |what: &str| Err(format!("{at}: {what} of the schema is not kept"));
    for (keyword, rule) in schema.as_object().into_iter().flatten() {
        let length =
            value.as_array().map(Vec::len).or_else(|| value.as_str().map(|text| text.chars().count()));
        let most = || usize::try_from(rule.as_u64().unwrap()).unwrap();
        let is_kept = match keyword.as_str() {
            "$comment" => true,
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("a type that the schema did not use: {other}"),
            },
            "required" => {
                rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "minItems" | "minLength" => length.is_none_or(|length| length >= most()),
            "maxItems" | "maxLength" => length.is_none_or(|length| length <= most()),
            "pattern" => value.as_str().is_none_or(|text| of_pattern(rule.as_str().unwrap(), text)),
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(member) = value.get(name) {
                        of_schema(schema, member, &format!("{at}.{name}"))?;
                    }
                }
                true
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    of_schema(rule, item, &format!("{at}[{i}]"))?;
                }
                true
            }
            other => panic!("a keyword that the schema did not use: {other}"),
        };
        if !is_kept {
            return fail(keyword);
        }
    }
    Ok(())
}

/// The two forms of pattern in the schema: anything on one line, and one of several words.
fn of_pattern(pattern: &str, text: &str) -> bool {
    let inner = pattern
        .strip_prefix("^(")
        .and_then(|rest| rest.strip_suffix(")$"))
        .expect("a pattern of these forms");
    match inner {
        ".*" => !text.contains('\n'),
        words => words.split('|').any(|word| word.replace("\\/", "/") == text),
    }
}

const GOOD: &str = r#"{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["D"]],"Metrics":[{"Name":"M","Unit":"Count"}]}]},"D":"d","M":1}"#;

#[test]
fn the_checker_takes_what_is_right() {
    check(GOOD).unwrap();
    check(&GOOD.replace("\"M\":1", "\"M\":[1,2.5,0]")).unwrap();
}

#[test]
fn the_checker_finds_each_mistake() {
    let many = format!("\"M\":[{}1]", "1,".repeat(100));
    for (from, to) in [
        ("\"Timestamp\":1,", ""),
        ("\"Timestamp\":1", "\"Timestamp\":1.5"),
        ("\"Namespace\":\"N\"", "\"Namespace\":\"\""),
        ("\"Namespace\":\"N\"", "\"Namespace\":\"AWS/N\""),
        ("[[\"D\"]]", "[]"),
        ("[[\"D\"]]", "[[\"E\"]]"),
        ("\"Count\"", "\"Counts\""),
        ("\"Unit\"", "\"Units\""),
        ("\"D\":\"d\"", "\"D\":7"),
        ("\"D\":\"d\"", "\"D\":\"\""),
        ("\"D\":\"d\"", "\"D\":\"é\""),
        ("\"M\":1", "\"M\":\"1\""),
        ("\"M\":1", "\"M\":[]"),
        ("\"M\":1", many.as_str()),
        ("[{\"Name\":\"M\",\"Unit\":\"Count\"}]", "[]"),
        ("\"Namespace\":\"N\",", "\"Namespace\":\"N\",\"More\":1,"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        assert!(check(&GOOD.replacen(from, to, 1)).is_err(), "{from} → {to}");
    }
}
