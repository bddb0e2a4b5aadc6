//! What is legal: a job, of which tokens can be made without a way to fail.

use super::ROLE;
use super::parse::JobAttribute;
use crate::errors::Errors;
use crate::krate::Krate;
use crate::signature::{Function, at, first_impl_trait};
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, Lifetime, LitStr, PathArguments, Type, TypeReference};

pub(super) struct Job {
    pub(super) name: LitStr,
    pub(super) function: Function,
    pub(super) payload: Type,
    pub(super) krate: Krate,
}

impl Job {
    pub(super) fn new(
        attribute: JobAttribute,
        function: Function,
        payload: Option<Type>,
        errors: &mut Errors,
    ) -> Option<Self> {
        function.validate(ROLE, errors);
        for argument in function.arguments() {
            Function::validate_argument(argument, ROLE, errors);
        }
        if let Some(opaque) = first_impl_trait(&function.return_type()) {
            errors.at(&opaque, "a job cannot return `impl Trait`: what it returns says whether it is done\nhelp: return `Result<(), E>`, or `()` if it cannot fail");
        }
        let name = name(attribute.name, &function, errors);
        Some(Job { name, function, payload: payload?, krate: attribute.krate })
    }
}

/// What was written, or the function's name.
fn name(written: Option<LitStr>, function: &Function, errors: &mut Errors) -> LitStr {
    match written {
        Some(name) if name.value().is_empty() => {
            errors.at(&name, "a job's name cannot be empty\nhelp: write `#[ws_job]` for the function's name, or another, such as `#[ws_job(\"export-v2\")]`");
            name
        }
        Some(name) => name,
        None => LitStr::new(&function.plain_name(), function.name().span()),
    }
}

/// The `T` of the one argument `Job<T>`. It is found by its name: the trait that makes it a payload is implemented here.
pub(super) fn payload(function: &Function, errors: &mut Errors) -> Option<Type> {
    let arguments = function.arguments();
    let mut jobs = arguments.iter().filter_map(|argument| Some((argument, job_of(&argument.ty)?)));
    let Some((_, payload)) = jobs.next() else {
        if !function.has_receiver() {
            errors.at(function.name(), format!("job `{}` does not say what it is about: it takes no `Job<T>`\nhelp: add an argument `job: Job<T>`, where `T` is a type of yours that implements `Serialize` and `Deserialize`\nnote: the type is found by its name: write `Job<…>`, not an alias or a reference", function.plain_name()));
        }
        return None;
    };
    for (second, _) in jobs {
        errors.at(
            &second.ty,
            "a job is about one thing: this is a second `Job<T>`\nhelp: put both into one struct",
        );
    }
    let payload = payload?; // rustc says that the type's parameter is missing
    if borrows(&payload) {
        errors.at(&payload, "a job's payload cannot borrow: it comes from a queue, long after whatever it could borrow from\nhelp: make its fields own what they have: `String` for `&str`");
        return None;
    }
    Some(payload)
}

/// Is it `Job`, and of what?
#[allow(clippy::option_option, reason = "no job; a job of nothing; a job of a type")]
fn job_of(ty: &Type) -> Option<Option<Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Job")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Some(None) };
    let first = arguments.args.first();
    Some(first.and_then(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }))
}

/// Has it a lifetime other than `'static`?
fn borrows(ty: &Type) -> bool {
    struct Find(bool);
    impl VisitMut for Find {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            self.0 |= lifetime.ident != "static";
        }
        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            self.0 |= reference.lifetime.is_none();
            visit_mut::visit_type_reference_mut(self, reference);
        }
    }
    let mut find = Find(false);
    find.visit_type_mut(&mut ty.clone());
    find.0
}

/// The return type's place, for messages.
pub(super) fn return_place(function: &Function) -> proc_macro2::Span {
    at(&function.return_type())
}
