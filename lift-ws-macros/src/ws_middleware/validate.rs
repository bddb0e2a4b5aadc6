//! What is legal: extractors, and `next` at the end.

use super::ROLE;
use super::parse::MiddlewareAttribute;
use crate::errors::Errors;
use crate::krate::Krate;
use crate::signature::{Function, first_impl_trait};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound};

const HELP: &str = "help: write `next: impl Next`, or `next: impl Provide<T>` if it provides a value";

pub(super) struct Middleware {
    pub(super) function: Function,
    pub(super) provides: Option<Provided>,
    pub(super) krate: Krate,
}

/// The value that it hands on.
pub(super) struct Provided {
    /// `T` of `impl Provide<T>`, for the lifetime `'__e` of one event.
    pub(super) value: Type,
    pub(super) borrows: bool,
}

impl Middleware {
    pub(super) fn new(
        attribute: MiddlewareAttribute,
        function: Function,
        errors: &mut Errors,
    ) -> Option<Self> {
        function.validate(ROLE, errors);
        let arguments = function.arguments();
        let Some((next, extractors)) = arguments.split_last() else {
            errors.at(function.name(), format!("the last argument of middleware is `next`\n{HELP}"));
            return None;
        };
        let Type::ImplTrait(next) = &*next.ty else {
            let misplaced = extractors.iter().find(|argument| matches!(*argument.ty, Type::ImplTrait(_)));
            match misplaced {
                Some(misplaced) => errors.at(
                    misplaced,
                    "`next` is not the last argument of this middleware\nhelp: move it to the end",
                ),
                // a type parameter: reported by itself
                None if function.signature.generics.type_params().next().is_some() => {}
                None => errors.at(&next.ty, format!("the last argument of middleware is `next`\n{HELP}")),
            }
            return None;
        };
        for argument in extractors {
            Function::validate_argument(argument, ROLE, errors);
        }
        validate_return(&function, errors);
        let provides = provided(next, &function);
        if let Some(opaque) = provides.as_ref().and_then(|provided| first_impl_trait(&provided.value)) {
            errors.at(&opaque, "a provided value is found by its type, and `impl Trait` has no name\nhelp: write `next: impl Provide<T>` with a type of yours");
        }
        Some(Middleware { provides, function, krate: attribute.krate })
    }
}

/// Middleware that returns nothing would replace every reply by an empty one: a refused handshake would be accepted.
fn validate_return(function: &Function, errors: &mut Errors) {
    const RULE: &str = "middleware returns the reply of what comes after it, or another in its place";
    match &function.signature.output {
        ReturnType::Default => errors.at(
            function.name(),
            format!("{RULE}\nhelp: write `-> Reply`, and return what `next.run().await` gave"),
        ),
        ReturnType::Type(_, ty) => {
            if let Some(nothing) = nothing_in(ty) {
                errors.at(
                    nothing,
                    format!("{RULE}\nhelp: write `Reply`, and return what `next.run().await` gave"),
                );
            }
        }
    }
}

/// The `()` of `()`, `Result<()>` and `Result<(), E>`.
fn nothing_in(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Some(ty),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            let Some(GenericArgument::Type(first)) = arguments.args.first() else { return None };
            nothing_in(first)
        }
        _ => None,
    }
}

/// `T` of `impl Provide<T>`.
fn provided(next: &TypeImplTrait, function: &Function) -> Option<Provided> {
    let bound = next.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(bound),
        _ => None,
    })?;
    let PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else {
        return None;
    };
    let value = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })?;
    let borrowed = function.with_lifetime(value, "'__e");
    let fixed = function.with_lifetime(value, "'static");
    let borrows = borrowed.to_token_stream().to_string() != fixed.to_token_stream().to_string();
    Some(Provided { value: borrowed, borrows })
}
