//! The store's two requests, as one makes them by hand.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lift_ws::store::dynamodb::DEFAULT_TABLE;
use serde_json::Value;

use crate::Outcome;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item that is ready: making it is the caller's.
pub(crate) async fn put(client: &Client, item: Item) -> Outcome {
    let put = client.put_item().table_name(DEFAULT_TABLE).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(#dead)");
    put.expression_attribute_names("#dead", "dead").send().await?;
    Ok(())
}

/// The item as the SDK gives it: reading it is the caller's.
pub(crate) async fn get(client: &Client, key: &str) -> Outcome {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let get = client.get_item().table_name(DEFAULT_TABLE).key("PK", text(key)).key("SK", text("C"));
    let found = get.consistent_read(true).send().await?;
    std::hint::black_box(found.item);
    Ok(())
}

/// An item as it stands on the wire.
pub(crate) fn item(json: &Value) -> Result<Item, String> {
    let fields = json.as_object().ok_or_else(|| format!("{json} is no item"))?;
    fields.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect()
}

fn attribute(json: &Value) -> Result<AttributeValue, String> {
    let fields = json.as_object().and_then(|fields| fields.iter().next());
    let (of_type, value) = fields.ok_or_else(|| format!("{json} is no attribute"))?;
    match (of_type.as_str(), value) {
        ("S", Value::String(text)) => Ok(AttributeValue::S(text.clone())),
        ("N", Value::String(number)) => Ok(AttributeValue::N(number.clone())),
        ("M", map) => Ok(AttributeValue::M(item(map)?)),
        _ => Err(format!("{json} is of a type that records do not have")),
    }
}
