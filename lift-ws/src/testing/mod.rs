//! Tests of an app without sockets.
