//! The certificate authority of this machine, for `wss:` and `https:` to the gateway.

use std::ffi::OsString;
use std::path::PathBuf;

use lift_ws_local::Authority;

use crate::terminal;

/// The one that is kept for this user; a new one where none can be kept, which only the environments trust.
pub(super) fn of_user() -> Option<Authority> {
    let folder = folder(|name| std::env::var_os(name))?;
    match Authority::load_or_make(&folder) {
        Ok(authority) => Some(authority),
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
            terminal::status(
                "Warning",
                &format!("{error}{cause}; until then browsers cannot trust wss: here"),
            );
            None
        }
    }
}

/// `lift-ws/tls` where programs keep their data (XDG Base Directory Specification).
fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = path("XDG_DATA_HOME").or_else(|| path("HOME").map(|home| home.join(".local/share")))?;
    Some(data.join("lift-ws/tls"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_where_programs_keep_their_data() {
        let with = |pairs: &'static [(&str, &str)]| {
            folder(move |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into()))
        };
        assert_eq!(with(&[("HOME", "/home/ann")]), Some("/home/ann/.local/share/lift-ws/tls".into()));
        assert_eq!(with(&[("HOME", "/h"), ("XDG_DATA_HOME", "/data")]), Some("/data/lift-ws/tls".into()));
        assert_eq!(
            with(&[("HOME", "/h"), ("XDG_DATA_HOME", "data")]),
            Some("/h/.local/share/lift-ws/tls".into())
        );
        assert_eq!(with(&[]), None);
    }
}
