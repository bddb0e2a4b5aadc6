//! The signature of a handler or of middleware, parsed without its body: a half-typed body breaks nothing, and a
//! large one costs nothing.

use crate::errors::Errors;
use crate::lifetimes::replaced;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, FnArg, GenericParam, Ident, PatType, ReturnType, Safety, Signature, Type, TypeImplTrait,
    Visibility,
};

/// The place of `tokens`, for messages.
pub(crate) fn at(tokens: &impl Spanned) -> Span {
    tokens.span()
}

/// A local of generated code: it resolves at the call, whatever span the code around it has.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// What a function is to be, in words.
#[derive(Clone, Copy)]
pub(crate) struct Role {
    /// Such as `ws_route`.
    pub(crate) attribute: &'static str,
    /// Such as `route handler`.
    pub(crate) noun: &'static str,
    /// The same with an article, where it has one.
    pub(crate) a_noun: &'static str,
    /// Arguments that it may take, for messages.
    pub(crate) arguments: &'static str,
}

/// A function without its body.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let function = Function {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
        };
        input.parse::<TokenStream>()?; // the body is none of our business
        Ok(function)
    }
}

impl Function {
    /// The function, if the item is one.
    pub(crate) fn read(item: &TokenStream, role: Role, errors: &mut Errors) -> Option<Self> {
        let parsed = syn::parse2::<Function>(item.clone());
        parsed.map_err(|_| {
            let Role { attribute, noun, .. } = role;
            let message = format!("`#[{attribute}]` makes a {noun} of a function, and this is none\nhelp: put it on an `async fn`");
            errors.at_span(keyword(item), message.replace("a middleware", "middleware"));
        })
        .ok()
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.signature.ident
    }

    /// The name without `r#`.
    pub(crate) fn plain_name(&self) -> String {
        self.name().unraw().to_string()
    }

    /// `#[cfg]` must sit on what we add, too.
    pub(crate) fn cfgs(&self) -> Vec<&Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect()
    }

    pub(crate) fn has_receiver(&self) -> bool {
        self.signature.receiver().is_some()
    }

    pub(crate) fn arguments(&self) -> Vec<&PatType> {
        let typed = self.signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        typed.collect()
    }

    /// The type with every lifetime of the function replaced by `to`.
    pub(crate) fn with_lifetime(&self, ty: &Type, to: &str) -> Type {
        replaced(ty, &self.signature.generics, to)
    }

    /// The type written after `->`, `()` at the function's name if there is none, and `'static`.
    pub(crate) fn return_type(&self) -> Type {
        match &self.signature.output {
            ReturnType::Default => syn::parse_quote_spanned!(self.name().span()=> ()),
            ReturnType::Type(_, ty) => self.with_lifetime(ty, "'static"),
        }
    }

    /// What holds for handlers and for middleware.
    pub(crate) fn validate(&self, role: Role, errors: &mut Errors) {
        self.validate_keywords(role, errors);
        let Role { a_noun, .. } = role;
        if let Some(receiver) = self.signature.receiver() {
            errors.at(receiver, format!("{a_noun} is a free function: it has no `self`\nhelp: move it out of the `impl` block, and take what it needs as `State<T>`"));
        }
        for parameter in &self.signature.generics.params {
            let (place, what): (&dyn ToTokens, _) = match parameter {
                GenericParam::Type(ty) => (&ty.ident, "type"),
                GenericParam::Const(number) => (&number.ident, "const"),
                GenericParam::Lifetime(_) => continue,
            };
            errors.at(&place.to_token_stream(), format!("{a_noun} cannot have {what} parameters: nothing would choose them\nhelp: write one function for each, with `macro_rules!` if there are many"));
        }
    }

    fn validate_keywords(&self, role: Role, errors: &mut Errors) {
        let Role { noun, a_noun, .. } = role;
        let signature = &self.signature;
        if signature.asyncness.is_none() {
            let name = self.name();
            errors.at(
                &signature.fn_token,
                format!("{noun} `{name}` must be `async`\nhelp: write `async fn {name}(…)`"),
            );
        }
        if let Safety::Unsafe(keyword) = &signature.safety {
            errors.at(keyword, format!("{a_noun} cannot be `unsafe`: the generated code calls it\nhelp: remove `unsafe`, and write an `unsafe` block inside"));
        }
        if let Some(abi) = &signature.abi {
            errors.at(abi, format!("{a_noun} is a plain `async fn`\nhelp: remove `extern`"));
        }
    }

    /// `impl Trait` as an argument is a type parameter in disguise.
    pub(crate) fn validate_argument(argument: &PatType, role: Role, errors: &mut Errors) {
        if let Some(found) = first_impl_trait(&argument.ty) {
            errors.at(&found, format!("{} cannot take `impl Trait` here: nothing would choose the type\nhelp: name the type, such as {}", role.a_noun, role.arguments));
        }
    }
}

/// The first `impl Trait` in a type.
pub(crate) fn first_impl_trait(ty: &Type) -> Option<TypeImplTrait> {
    struct Find(Option<TypeImplTrait>);
    impl VisitMut for Find {
        fn visit_type_impl_trait_mut(&mut self, found: &mut TypeImplTrait) {
            self.0.get_or_insert_with(|| found.clone());
        }
    }
    let mut find = Find(None);
    find.visit_type_mut(&mut ty.clone());
    find.0
}

/// The word that says what an item is: `struct`, `mod`, …, or its first token.
pub(crate) fn keyword(item: &TokenStream) -> Span {
    const KEYWORDS: &[&str] =
        &["struct", "enum", "union", "mod", "trait", "impl", "type", "const", "static", "use", "fn"];
    let tokens: Vec<_> = item.clone().into_iter().collect();
    let word = tokens.iter().find(|token| KEYWORDS.iter().any(|keyword| token.to_string() == *keyword));
    word.or(tokens.first()).map_or_else(Span::call_site, |token| token.span())
}
