//! The handle's way to its queue.

use super::{Queue, QueueError, QueueErrorKind, QueueMessage};
use crate::ambient;
use crate::connection::Connections;
use std::future::Future;

impl Connections {
    /// The queue that [`later`](Self::later) writes to.
    #[must_use]
    pub fn queue(&self) -> Option<&dyn Queue> {
        self.shared_queue()
    }

    pub(crate) async fn enqueue(&self, message: QueueMessage) -> Result<(), QueueError> {
        let queue = self.some_queue()?;
        self.in_time(queue.send(&message)).await?
    }

    pub(crate) async fn enqueue_all(
        &self,
        messages: &[QueueMessage],
    ) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        let queue = self.some_queue()?;
        self.in_time(queue.send_batch(messages)).await
    }

    pub(crate) fn some_queue(&self) -> Result<&dyn Queue, QueueError> {
        self.queue().ok_or_else(|| QueueError::new(QueueErrorKind::NoQueue))
    }

    /// Waits for the queue until the deadline.
    async fn in_time<T>(&self, call: impl Future<Output = T>) -> Result<T, QueueError> {
        match self.deadline() {
            None => Ok(call.await),
            Some(deadline) => {
                let answer = ambient::timeout_at(deadline, call).await;
                answer.map_err(|_| QueueError::new(QueueErrorKind::Timeout))
            }
        }
    }
}
