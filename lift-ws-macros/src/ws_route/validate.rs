//! What is legal: a route, of which tokens can be made without a way to fail.

use super::ROLE;
use super::key::Kind;
use super::parse::RouteAttribute;
use crate::errors::Errors;
use crate::krate::Krate;
use crate::signature::{Function, first_impl_trait};
use syn::{LitStr, Path, Type};

pub(super) struct Route {
    pub(super) key: LitStr,
    pub(super) kind: Kind,
    pub(super) function: Function,
    pub(super) middleware: Vec<Path>,
    pub(super) reply: ReplyType,
    pub(super) krate: Krate,
}

/// The type after `->`.
pub(super) enum ReplyType {
    /// It can be named.
    Named(Type),
    /// It is `impl Trait`, or has one in it.
    Opaque(Type),
}

impl Route {
    pub(super) fn new(attribute: RouteAttribute, function: Function, errors: &mut Errors) -> Option<Self> {
        function.validate(ROLE, errors);
        for argument in function.arguments() {
            Function::validate_argument(argument, ROLE, errors);
        }
        let key = attribute.key?;
        let kind = Kind::of(&key, errors)?;
        let returned = function.return_type();
        let reply = match first_impl_trait(&returned) {
            Some(_) => ReplyType::Opaque(returned),
            None => ReplyType::Named(returned),
        };
        Some(Route { key, kind, function, middleware: attribute.middleware, reply, krate: attribute.krate })
    }
}
