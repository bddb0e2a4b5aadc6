//! One page of a segment's recipients.

use super::plan::{Addressees, Plan, Range};
use crate::connection::Connections;
use crate::connection::recipients::{Page, Recipient};
use crate::store::{Cursor, StoreError};

/// Reads the page after a cursor; its `next` is `None` after the segment's last.
pub(super) async fn read(
    connections: &Connections,
    plan: &Plan,
    range: &Range,
    after: Cursor,
) -> Result<Page, StoreError> {
    let mut page = match &plan.to {
        Addressees::Group(group) => {
            let page = connections.page_of(group, plan.consistent, Some(after)).await?;
            // the next shard is another segment's
            if page.shard != range.start.shard() {
                return Ok(Page::default());
            }
            of_slice(page.into(), range)
        }
        _ => connections.listed_page(plan.whom(range), Some(after), None).await?.into(),
    };
    page.recipients.retain(|recipient| {
        !is_late(recipient, range) && !plan.except.iter().any(|id| id == recipient.connection_id())
    });
    Ok(page)
}

/// A group's page is in the order of time: what comes after a late one is late as well.
fn of_slice(mut page: Page, range: &Range) -> Page {
    let is_over = page.recipients.last().is_some_and(|last| is_late(last, range));
    page.next = page.next.filter(|next| !is_over && next.shard() == range.start.shard());
    page
}

fn is_late(recipient: &Recipient, range: &Range) -> bool {
    recipient.connected_at().is_some_and(|at| at >= range.before)
}
