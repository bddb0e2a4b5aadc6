//! What is legal: an authorizer, of which tokens can be made without a way to fail.

use super::ROLE;
use super::identity_source;
use super::parse::AuthorizerAttribute;
use crate::errors::Errors;
use crate::krate::Krate;
use crate::signature::{Function, first_impl_trait};
use syn::LitStr;

pub(super) struct Authorizer {
    pub(super) identity_sources: Vec<LitStr>,
    pub(super) function: Function,
    pub(super) krate: Krate,
}

impl Authorizer {
    pub(super) fn new(attribute: AuthorizerAttribute, function: Function, errors: &mut Errors) -> Self {
        function.validate(ROLE, errors);
        for argument in function.arguments() {
            Function::validate_argument(argument, ROLE, errors);
        }
        if let Some(opaque) = first_impl_trait(&function.return_type()) {
            errors.at(&opaque, "an authorizer cannot return `impl Trait`: what it returns says who may connect\nhelp: return `Result<Allow, E>`, with a context `Result<Allow<T>, E>`");
        }
        identity_source::check(&attribute.identity_sources, errors);
        Authorizer { identity_sources: attribute.identity_sources, function, krate: attribute.krate }
    }
}
