//! Endpoints of receipts.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, param::Path};
use serde::{Deserialize, Serialize};

use super::{Receipts, Standing};
use crate::{
    domain::{
        MessageId, UserId,
        receipt::{Receipt, Telling},
    },
    http::{Answer, Caller, Json, Limit, Mark, Page, Place, Tag, gate::Gate},
};

pub struct ReceiptsApi {
    pub receipts: Receipts,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Object)]
struct ReceiptIn {
    /// The latest message you have read.
    message_id: MessageId,
}

/// Where you stand in an event.
#[derive(Debug, Serialize, Object)]
#[oai(skip_serializing_if_is_none)]
struct StandingOut {
    /// Your mark; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    /// Messages of others after it that people can see; counted up to 1,000.
    unread: u64,
    /// Whether the room tells who has read how far: small rooms do, unless their settings say otherwise.
    told: bool,
    /// Every message up to this `seq` was handed to a stream of somebody else than its author. 0 until anything was said
    /// while you or others watched.
    delivered_seq: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ByReader(UserId);

impl Mark for ByReader {
    const NAME: &'static str = "receipts1";
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Messages")]
impl ReceiptsApi {
    /// Say how far you have read
    ///
    /// One mark for all your devices, which only moves forward: an older message changes nothing. Gives the mark as it is
    /// now. It is written together with those of others, so the answer takes up to half a second. In small rooms
    /// everybody hears of it by `receipt.changed`, at most once a second; elsewhere your own streams do.
    #[oai(path = "/events/:event/receipt", method = "put", operation_id = "mark_read")]
    async fn put(&self, caller: Caller, event: Path<String>, body: Json<ReceiptIn>) -> Answer<Receipt> {
        let attendee = self.gate.admit(&event, &caller).await?;
        let user = attendee.require_user()?.id.clone();
        caller.limit(|limits| limits.receipt).await?;
        let telling = Telling::of(&attendee.event.settings);
        let event = attendee.event.id;
        Ok(Json(self.receipts.read(event, telling, user, body.0.message_id).await?))
    }

    /// Read where you stand
    ///
    /// Your mark, and how many messages of others came after it.
    #[oai(path = "/events/:event/receipt", method = "get", operation_id = "get_receipt")]
    async fn get(&self, caller: Caller, event: Path<String>) -> Answer<StandingOut> {
        let attendee = self.gate.admit(&event, &caller).await?;
        let user = &attendee.require_user()?.id;
        caller.limit(|limits| limits.read).await?;
        let telling = Telling::of(&attendee.event.settings);
        let Standing {
            receipt,
            unread,
            told,
            delivered_seq,
        } = self.receipts.standing(attendee.event.id, telling, user).await?;
        Ok(Json(StandingOut {
            receipt,
            unread,
            told,
            delivered_seq,
        }))
    }

    /// List who has read how far
    ///
    /// By user id. Where receipts are not told, your own only.
    #[oai(path = "/events/:event/receipts", method = "get", operation_id = "list_receipts")]
    async fn list(
        &self,
        caller: Caller,
        event: Path<String>,
        after: Place<ByReader>,
        limit: Limit,
    ) -> Answer<Page<Receipt>> {
        let attendee = self.gate.admit(&event, &caller).await?;
        let user = &attendee.require_user()?.id;
        caller.limit(|limits| limits.read).await?;
        let telling = Telling::of(&attendee.event.settings);
        let after = after.0.map(|ByReader(user)| user);
        let page = self
            .receipts
            .page(attendee.event.id, telling, user, after.as_ref(), limit.with_peek())
            .await?;
        Ok(Json(Page::of(page, limit, |receipt| ByReader(receipt.user_id.clone()))))
    }
}
