//! Request models: which messages a route takes (contract §3.4, DG-val).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::route_selection::RouteSelection;

/// The key that is taken where no other fits.
const DEFAULT: &str = "$default";

/// The models of a route: JSON Schemas of draft 4, one of which a message must fit.
#[derive(Clone, Debug)]
pub struct RequestModels {
    selection: RouteSelection,
    models: BTreeMap<String, RequestModel>,
}

/// A compiled model, and its name for people.
#[derive(Clone)]
struct RequestModel {
    name: String,
    schema: Arc<Schema>,
}

impl fmt::Debug for RequestModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestModel").field(&self.name).finish()
    }
}

impl RequestModels {
    /// The models of a route, which takes each from `schemas` by the name that `names` has for a value of the expression.
    pub(super) fn new(
        selection: RouteSelection,
        names: &BTreeMap<String, String>,
        schemas: &BTreeMap<String, Value>,
    ) -> Result<Self, String> {
        let mut models = BTreeMap::new();
        for (key, name) in names {
            let schema = schemas.get(name).ok_or_else(|| {
                format!("the model `{name}` is not among `models`: write its JSON Schema there")
            })?;
            let schema = Schema::compile(schema).map_err(|error| format!("the model `{name}` {error}"))?;
            models.insert(key.clone(), RequestModel { name: name.clone(), schema: Arc::new(schema) });
        }
        Ok(Self { selection, models })
    }

    /// Whether a message fits the model that is meant; else in what it does not. Without a model everything fits.
    pub(super) fn check(&self, message: &str) -> Result<(), String> {
        let key = self.selection.evaluate(message).unwrap_or_default();
        let Some(model) = self.models.get(&key).or_else(|| self.models.get(DEFAULT)) else { return Ok(()) };
        let name = &model.name;
        let message: Value = serde_json::from_str(message).map_err(|error| {
            format!("the message does not fit the model `{name}`: it is not JSON: {error}")
        })?;
        model
            .schema
            .check(&message)
            .map_err(|why| format!("the message does not fit the model `{name}`: {why}"))
    }
}

#[cfg(feature = "models")]
struct Schema(jsonschema::Validator);

#[cfg(feature = "models")]
impl Schema {
    fn compile(schema: &Value) -> Result<Self, String> {
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
        let validator =
            options.build(schema).map_err(|error| format!("is no JSON Schema of draft 4: {error}"))?;
        Ok(Self(validator))
    }

    fn check(&self, message: &Value) -> Result<(), String> {
        self.0.validate(message).map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "as a whole".to_owned() } else { format!("at `{place}`") };
            format!("{place}: {error}")
        })
    }
}

#[cfg(not(feature = "models"))]
struct Schema;

#[cfg(not(feature = "models"))]
impl Schema {
    fn compile(_: &Value) -> Result<Self, String> {
        Err("cannot be checked: this gateway was built without the feature `models`".to_owned())
    }

    fn check(&self, _: &Value) -> Result<(), String> {
        Ok(())
    }
}
