use lift_ws::event::OtherEvent;
use lift_ws::prelude::*;

fn other(_: OtherEvent<'_>, _: &()) -> Result<serde_json::Value, Error> {
    Ok(serde_json::Value::Null)
}

#[ws_app(other = other)]
struct Chat;

fn main() {}
