//! The event's bytes as they came.
//!
//! lambda_runtime decodes the payload by serde, which for a tree of values costs more than all the rest of the
//! way. A layer in front leaves the bytes in a thread-local, where [`Payload`]'s `Deserialize` takes them without
//! looking at the deserializer: decoding runs synchronously inside the layer's `call`.

use bytes::Bytes;
use lambda_runtime::LambdaInvocation;
use lambda_runtime::tower::{Layer, Service};
use serde::{Deserialize, Deserializer};
use std::cell::Cell;
use std::task::{Context, Poll};

thread_local! {
    static CURRENT: Cell<Option<Bytes>> = const { Cell::new(None) };
}

/// The bytes of a Lambda event, for `LambdaEvent<Payload>`. Without the layer that [`run`](crate::run) installs
/// they are copied once.
#[derive(Clone, Debug)]
pub struct Payload(Bytes);

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match CURRENT.take() {
            Some(bytes) => Ok(Payload(bytes)),
            None => {
                let raw = Box::<serde_json::value::RawValue>::deserialize(from)?;
                Ok(Payload(Box::<str>::from(raw).into_boxed_bytes().into()))
            }
        }
    }
}

/// The layer that hands the bytes over.
#[derive(Clone, Debug)]
pub(super) struct KeepBytes;

/// The service of [`KeepBytes`].
#[derive(Clone, Debug)]
pub(super) struct KeepBytesService<I>(I);

impl<I> Layer<I> for KeepBytes {
    type Service = KeepBytesService<I>;
    fn layer(&self, inner: I) -> Self::Service {
        KeepBytesService(inner)
    }
}

impl<I: Service<LambdaInvocation>> Service<LambdaInvocation> for KeepBytesService<I> {
    type Response = I::Response;
    type Error = I::Error;
    type Future = I::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        CURRENT.set(Some(invocation.body.clone()));
        let future = self.0.call(invocation);
        CURRENT.take(); // nobody else may find them
        future
    }
}
