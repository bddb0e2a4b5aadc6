//! What was written in the attribute.

use crate::arguments::{Argument, Arguments, Form, Spec};
use crate::errors::Errors;
use crate::krate::Krate;
use proc_macro2::TokenStream;
use syn::{LitBool, LitInt, LitStr, Path, Type, parse_quote};

const SPEC: Spec = Spec {
    attribute: "ws_app",
    key: None,
    arguments: &[
        Argument { name: "state", form: Form::Type, example: "`state = AppState`" },
        Argument { name: "middleware", form: Form::Paths, example: "`middleware = [a, b]`" },
        Argument { name: "routes", form: Form::Paths, example: "`routes = [a, b]`" },
        Argument { name: "jobs", form: Form::Paths, example: "`jobs = [a, b]`" },
        Argument { name: "authorizer", form: Form::Path, example: "`authorizer = function`" },
        Argument { name: "other", form: Form::Path, example: "`other = function`" },
        Argument {
            name: "route_selection",
            form: Form::Text,
            example: "`route_selection = \"$request.body.action\"`",
        },
        Argument { name: "max_routes", form: Form::Number, example: "`max_routes = 300`" },
        Argument { name: "connections", form: Form::Flag, example: "`connections = true`" },
        Argument { name: "queue", form: Form::Flag, example: "`queue = true`" },
        Argument { name: "crate", form: Form::Path, example: "`crate = path`" },
    ],
};

pub(super) struct AppAttribute {
    pub(super) state: Type,
    pub(super) middleware: Vec<Path>,
    pub(super) routes: Vec<Path>,
    pub(super) jobs: Vec<Path>,
    pub(super) authorizer: Option<Path>,
    pub(super) other: Option<Path>,
    pub(super) route_selection: Option<LitStr>,
    pub(super) max_routes: Option<LitInt>,
    pub(super) connections: bool,
    pub(super) queue: Option<LitBool>,
    pub(super) krate: Krate,
}

impl AppAttribute {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Arguments::parse(tokens, &SPEC, errors);
        AppAttribute {
            state: arguments.take_type("state").map_or_else(|| parse_quote!(()), |state| *state),
            middleware: arguments.take_paths("middleware").unwrap_or_default(),
            routes: arguments.take_paths("routes").unwrap_or_default(),
            jobs: arguments.take_paths("jobs").unwrap_or_default(),
            authorizer: arguments.take_path("authorizer"),
            other: arguments.take_path("other"),
            route_selection: arguments.take_text("route_selection"),
            max_routes: arguments.take_number("max_routes"),
            connections: arguments.take_flag("connections").is_some_and(|flag| flag.value),
            queue: arguments.take_flag("queue"),
            krate: Krate::new(arguments.take_path("crate").as_ref()),
        }
    }
}
