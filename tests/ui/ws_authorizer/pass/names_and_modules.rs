use lift_ws::prelude::*;

mod doors {
    use lift_ws::prelude::*;

    /// Documented.
    #[ws_authorizer]
    pub async fn r#type() -> Result<Allow, Deny> {
        Err(Deny)
    }
}

macro_rules! authorizers {
    ($($name:ident)*) => {$(
        #[ws_authorizer]
        async fn $name() -> Allow {
            Allow::new(&Default::default())
        }
    )*};
}

authorizers!(one two);

#[ws_route("$connect")]
async fn connect() {}

#[cfg(any())]
#[ws_authorizer]
async fn never(missing: Missing) -> Missing {}

#[ws_app(authorizer = doors::r#type, routes = [connect])]
struct First;

#[ws_app(authorizer = one, routes = [connect])]
struct Second;

/// The same for several apps.
#[ws_app(authorizer = one)]
struct Third;

#[ws_app(authorizer = two, connections = true)]
struct Fourth;

fn main() {
    let handler = First::AUTHORIZER.unwrap().handler;
    assert_eq!(handler, concat!(module_path!(), "::doors::type"));
    assert_eq!(Second::AUTHORIZER.unwrap().handler, Third::AUTHORIZER.unwrap().handler);
    assert!(Fourth::AUTHORIZER.unwrap().location.line > 0);
}
