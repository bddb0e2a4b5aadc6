//! The app describes itself: what the local gateway, templates and generators read.

use crate::App;
use crate::authorizer::AuthorizerInfo;
use crate::job::JobInfo;
use crate::route::{Needs, RouteInfo};
use serde_json::{Value, json};

/// The manifest of an app, as JSON. A binary prints it when run with `LIFT_WS_DESCRIBE=1`.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_route("ping")]
/// async fn ping() -> Json<&'static str> { Json("pong") }
///
/// #[ws_app(routes = [ping])]
/// struct Echo;
///
/// let manifest = lift_ws::manifest::describe::<Echo>();
/// assert_eq!(manifest["routes"][0]["routeKey"], "ping");
/// assert_eq!(manifest["routes"][0]["twoWay"], true);
/// ```
pub fn describe<A: App>() -> Value {
    let mut manifest = json!({
        "manifestVersion": 1,
        "app": A::NAME,
        "routeSelectionExpression": A::ROUTE_SELECTION_EXPRESSION,
        "middleware": A::MIDDLEWARE,
        "routes": A::routes().iter().map(route).chain(implied::<A>()).collect::<Vec<_>>(),
        "tables": tables(A::NEEDS),
        "queue": A::QUEUE,
        "jobs": A::jobs().iter().map(job).collect::<Vec<_>>(),
    });
    if let Some(info) = A::AUTHORIZER {
        manifest["authorizer"] = authorizer(&info);
    }
    // The app has asked for more by `max_routes`, or for just as many without the two that are implied.
    let routes = manifest["routes"].as_array().map_or(0, Vec::len);
    if routes > USUAL_ROUTES {
        manifest["maxRoutes"] = routes.into();
    }
    manifest
}

/// AWS's default quota of routes.
const USUAL_ROUTES: usize = 300;

fn route(route: &RouteInfo) -> Value {
    json!({
        "routeKey": route.key,
        "twoWay": route.two_way,
        "needs": route.needs.names().collect::<Vec<_>>(),
        "middleware": route.middleware,
        "handler": route.handler,
        "location": { "file": route.location.file, "line": route.location.line },
    })
}

fn job(job: &JobInfo) -> Value {
    json!({
        "name": job.name,
        "needs": job.needs.names().collect::<Vec<_>>(),
        "handler": job.handler,
        "location": { "file": job.location.file, "line": job.location.line },
    })
}

fn authorizer(authorizer: &AuthorizerInfo) -> Value {
    json!({
        "identitySources": authorizer.identity_sources,
        "handler": authorizer.handler,
        "location": { "file": authorizer.location.file, "line": authorizer.location.line },
    })
}

/// Records are written at `$connect` and removed at `$disconnect`: an app that needs them gets both events, whether
/// it has handlers for them or not. An authorizer belongs to the route `$connect`, so that has to be there, too.
fn implied<A: App>() -> impl Iterator<Item = Value> {
    let keeps_records = needs_connections(A::NEEDS);
    let keys = [("$connect", keeps_records || A::AUTHORIZER.is_some()), ("$disconnect", keeps_records)];
    let missing = |key: &str| A::routes().iter().all(|route| route.key != key);
    let implied = keys.into_iter().filter(move |(key, wanted)| *wanted && missing(key));
    let needs = if keeps_records { vec!["connections"] } else { vec![] };
    implied.map(move |(key, _)| json!({ "routeKey": key, "twoWay": false, "needs": needs, "middleware": [] }))
}

/// The tables that the app needs to be there: the connection table, if any route needs connections.
fn tables(needs: Needs) -> Vec<Value> {
    #[cfg(feature = "aws")]
    if needs_connections(needs) {
        use crate::store::dynamodb::{table_definition, table_name_from_env};
        return vec![table_definition(&table_name_from_env())];
    }
    let _ = needs;
    Vec::new()
}

/// Does an app with these needs keep records of its connections?
pub(crate) const fn needs_connections(needs: Needs) -> bool {
    needs.has(Needs::CONNECTIONS) || needs.has(Needs::RECORD) || needs.has(Needs::IDENTITY)
}
