//! One page of a segment's recipients.

use super::plan::{Addressees, Plan, Range};
use crate::connection::Connections;
use crate::store::{Cursor, StoreError};

/// One recipient, and where to go on after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    pub(super) connection_id: String,
    pub(super) connected_at: u64,
    /// `None` for one that had a turn before, and is to have another.
    pub(super) cursor: Option<Cursor>,
}

#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) recipients: Vec<Recipient>,
    /// Where to go on; `None` after the segment's last page.
    pub(super) next: Option<Cursor>,
}

/// Reads the page after a cursor.
pub(super) async fn read(
    connections: &Connections,
    plan: &Plan,
    range: &Range,
    after: Cursor,
) -> Result<Page, StoreError> {
    let shard = range.start.shard();
    let (mut recipients, next) = match &plan.to {
        Addressees::Group(group) => {
            let page = connections.page_of(group, plan.consistent, Some(after)).await?;
            // the next shard is another segment's
            if page.shard != shard {
                return Ok(Page::default());
            }
            let recipients = page.members.into_iter().map(|member| Recipient {
                cursor: Some(Cursor::after(shard, member.connected_at, member.connection_id.clone())),
                connection_id: member.connection_id,
                connected_at: member.connected_at,
            });
            (recipients.collect::<Vec<_>>(), page.cursor.filter(|next| next.shard() == shard))
        }
        _ => {
            let page = connections.listed_page(plan.whom(range), Some(after)).await?;
            let recipients = page.connections.into_iter().map(|listed| Recipient {
                cursor: Some(listed.cursor()),
                connection_id: listed.connection_id,
                connected_at: listed.connected_at,
            });
            (recipients.collect(), page.cursor)
        }
    };
    // a group's page is in the order of time: what comes after a late one is late as well
    let is_over = matches!(plan.to, Addressees::Group(_))
        && recipients.last().is_some_and(|last| last.connected_at >= range.before);
    recipients.retain(|recipient| {
        recipient.connected_at < range.before && !plan.except.contains(&recipient.connection_id)
    });
    Ok(Page { recipients, next: next.filter(|_| !is_over) })
}
