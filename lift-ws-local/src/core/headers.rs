//! The headers that events carry (contract §2.1).

use super::api::Api;
use super::input::HandshakeRequest;
use super::multi_map::MultiMap;

/// What the gateway consumes itself: authorizers see them, integrations do not.
const WITHHELD: [&str; 3] = ["connection", "upgrade", "content-length"];

/// The headers of CONNECT: the client's, their names' case kept, and the gateway's own.
///
/// On AWS `X-Forwarded-Proto` is `https` and the port 443; at home they say what is true.
pub(super) fn of_connect(api: &Api, request: &HandshakeRequest, trace: impl FnOnce() -> String) -> MultiMap {
    let mut headers = MultiMap::default();
    let mut add = |name: &str, value: String| headers.add(name, value, |a, b| a.eq_ignore_ascii_case(b));
    let mut forwarded = Vec::new();
    let (mut host, mut traced) = (false, false);
    for (name, value) in &request.headers {
        match name.to_ascii_lowercase().as_str() {
            withheld if WITHHELD.contains(&withheld) => continue,
            // A client's own claim is kept, and the address that was seen comes last.
            "x-forwarded-for" => {
                forwarded.push(value.clone());
                continue;
            }
            "x-forwarded-port" | "x-forwarded-proto" => continue,
            "host" => host = true,
            "x-amzn-trace-id" => traced = true,
            _ => {}
        }
        add(name, value.clone());
    }
    if !host {
        add("Host", api.domain_name.clone());
    }
    if !traced {
        add("X-Amzn-Trace-Id", trace());
    }
    forwarded.push(request.source_ip.to_string());
    add("X-Forwarded-For", forwarded.join(", "));
    add("X-Forwarded-Port", port(&api.domain_name).to_owned());
    add("X-Forwarded-Proto", if request.secure { "https" } else { "http" }.to_owned());
    headers.sort();
    headers
}

/// The headers of an authorizer's event: those of CONNECT, and in the gateway's own words those that it withholds there.
pub(super) fn of_authorizer(connect: &MultiMap) -> MultiMap {
    let mut headers = connect.clone();
    for (name, value) in [("Connection", "upgrade"), ("content-length", "0"), ("Upgrade", "websocket")] {
        headers.add(name, value.to_owned(), str::eq);
    }
    headers.sort();
    headers
}

/// The stub that DISCONNECT has: one host and three empty values.
pub(super) fn of_disconnect(domain_name: &str) -> MultiMap {
    let mut headers = MultiMap::default();
    for (name, value) in
        [("Host", domain_name), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    {
        headers.add(name, value.to_owned(), str::eq);
    }
    headers
}

fn port(domain_name: &str) -> &str {
    match domain_name.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => port,
        _ => "80",
    }
}
