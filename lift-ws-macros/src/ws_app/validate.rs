//! What is legal: a plain struct, and no more routes than an API can have.

use super::parse::AppAttribute;
use crate::errors::Errors;
use crate::krate::Krate;
use crate::signature::keyword;
use proc_macro2::TokenStream;
use syn::{Attribute, Ident, ItemStruct, LitStr, Path, Type};

/// Routes of one API: AWS's default quota.
const QUOTA: usize = 300;

/// What API Gateway proposes, and most clients send.
const ROUTE_SELECTION: &str = "$request.body.action";

pub(super) struct App {
    pub(super) name: Ident,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) state: Type,
    pub(super) middleware: Vec<Path>,
    pub(super) routes: Vec<Path>,
    pub(super) jobs: Vec<Path>,
    pub(super) authorizer: Option<Path>,
    pub(super) other: Option<Path>,
    pub(super) route_selection: String,
    pub(super) connections: bool,
    /// Does it take its queue's events?
    pub(super) queue: bool,
    pub(super) krate: Krate,
}

/// The item, if it is a struct that can be an app.
pub(super) fn app_struct(item: &TokenStream, errors: &mut Errors) -> Option<ItemStruct> {
    let Ok(app) = syn::parse2::<ItemStruct>(item.clone()) else {
        errors.at_span(
            keyword(item),
            "`#[ws_app]` makes an app of a struct, and this is none\nhelp: put it on `struct Chat;`",
        );
        return None;
    };
    if let Some(parameter) = app.generics.params.first() {
        errors.at(
            parameter,
            format!(
                "an app cannot have generic parameters: nothing would choose them\nhelp: write `struct {};`",
                app.ident
            ),
        );
        return None;
    }
    Some(app)
}

impl App {
    pub(super) fn new(attribute: AppAttribute, item: &ItemStruct, errors: &mut Errors) -> Self {
        check_quota(&attribute, errors);
        check_queue(&attribute, errors);
        if let Some(expression) = &attribute.route_selection {
            check_expression(expression, errors);
        }
        App {
            name: item.ident.clone(),
            cfgs: item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect(),
            state: attribute.state,
            middleware: attribute.middleware,
            queue: !attribute.jobs.is_empty() || attribute.queue.is_some_and(|flag| flag.value),
            routes: attribute.routes,
            jobs: attribute.jobs,
            authorizer: attribute.authorizer,
            other: attribute.other,
            route_selection: attribute
                .route_selection
                .map_or_else(|| ROUTE_SELECTION.to_owned(), |text| text.value()),
            connections: attribute.connections,
            krate: attribute.krate,
        }
    }
}

fn check_quota(attribute: &AppAttribute, errors: &mut Errors) {
    let max = match &attribute.max_routes {
        None => QUOTA,
        Some(written) => match written.base10_parse() {
            // the table counts in `u16`, and keeps one value for "none"
            Ok(max) if (1..usize::from(u16::MAX)).contains(&max) => max,
            _ => {
                let most = u16::MAX - 1;
                return errors.at(written, format!("`max_routes` is a number from 1 to {most}\nhelp: write the quota of your account, such as `max_routes = 500`"));
            }
        },
    };
    let count = attribute.routes.len();
    if let Some(first_too_many) = attribute.routes.get(max) {
        errors.at(first_too_many, format!("{count} routes, but `max_routes` is {max}\nhelp: take several messages in one handler, split the API, or write `max_routes = {count}` once AWS has raised your quota\nnote: {QUOTA} routes is the default quota of API Gateway"));
    }
}

/// Jobs come from the queue.
fn check_queue(attribute: &AppAttribute, errors: &mut Errors) {
    if let Some(flag) = attribute.queue.as_ref().filter(|flag| !flag.value && !attribute.jobs.is_empty()) {
        errors.at(
            flag,
            "an app with jobs takes the events of its queue\nhelp: remove `queue = false`, or the jobs",
        );
    }
}

/// The expression has one of AWS's forms; the gateway does the rest.
fn check_expression(expression: &LitStr, errors: &mut Errors) {
    let text = expression.value();
    if !text.contains("$request.") && !text.contains("${request.") {
        errors.at(expression, format!("`{text}` is not a route selection expression: it selects nothing of a request\nhelp: write `\"$request.body.action\"`, with the name of the field that clients send"));
    }
}
