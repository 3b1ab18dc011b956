//! What a client does with entries: folds them into the snapshot it has. Written as plainly as possible, on JSON.

use grandstand::domain::{contest::Scoreboard, entry::EntryKind, poll::RECENT_POLLS, snapshot::RECENT_MESSAGES};
use serde_json::{Value, json};

/// The state in `snapshot` after one entry more. `staff_only` says which of the two sequences it is from.
pub(super) fn fold(snapshot: &mut Value, entry: &Value, staff_only: bool) {
    let (kind, data) = (entry["type"].as_str().unwrap(), &entry["data"]);
    match kind {
        _ if kind.starts_with("event.") => snapshot["event"] = data["event"].clone(),
        "message.created" | "message.released" => appear(snapshot, &data["message"]),
        "message.held" => list(snapshot, "held").push(data["message"].clone()),
        "message.updated" => {
            let message = &data["message"];
            for name in ["messages", "held"] {
                for known in snapshot
                    .get_mut(name)
                    .and_then(Value::as_array_mut)
                    .into_iter()
                    .flatten()
                {
                    if known["id"] == message["id"] {
                        known.clone_from(message);
                    }
                }
            }
            pin(snapshot, message);
        }
        "message.deleted" | "message.hidden" => {
            if !staff_only {
                disappear(
                    snapshot,
                    data,
                    if kind == "message.deleted" { "deleted" } else { "hidden" },
                );
            }
            forget(snapshot, "held", &data["message_id"]);
        }
        "reactions.changed" => {
            for told in data["messages"].as_array().unwrap() {
                each(snapshot, &told["message_id"], |message| {
                    message["reactions"] = told["reactions"].clone();
                });
            }
        }
        "room.opened" | "room.closed" => snapshot["room"] = data["window"].clone(),
        "room.changed" => {
            let settings = snapshot["event"]["settings"].as_object_mut().unwrap();
            settings.extend(data["room"].as_object().unwrap().clone());
            snapshot["event"]["version"] = data["version"].clone();
        }
        "badges.changed" => {
            let awards = list(snapshot, "badges");
            awards.retain(|known| known["user_id"] != data["user_id"]);
            if data["badges"] != json!([]) {
                awards.push(json!({"user_id": data["user_id"], "badges": data["badges"]}));
                awards.sort_by_key(|awards| awards["user_id"].as_str().unwrap().to_owned());
            }
        }
        "applause.changed" => snapshot["applause"] = data["applause"].clone(),
        "poll.opened" => list(snapshot, "polls").push(data["poll"].clone()),
        "poll.changed" => count_votes(snapshot, data),
        "poll.closed" | "poll.retracted" => end(list(snapshot, "polls"), &data["poll"]),
        // Staff hear of it; a snapshot shows what came of it.
        "moderation.decided" | "report.filed" | "appeal.filed" | "assistant.answered" | "session.scored" => {}
        _ => contest(snapshot, kind, data),
    }
}

fn count_votes(snapshot: &mut Value, data: &Value) {
    for told in data["polls"].as_array().unwrap() {
        let polls = list(snapshot, "polls").iter_mut();
        for poll in polls.filter(|poll| poll["id"] == told["poll_id"]) {
            poll["voters"] = told["voters"].clone();
            for votes in told["options"].as_array().into_iter().flatten() {
                let options = poll["options"].as_array_mut().unwrap().iter_mut();
                for option in options.filter(|option| option["id"] == votes["id"]) {
                    option["votes"] = votes["votes"].clone();
                }
            }
        }
    }
}

/// Those that are over stand before the open ones.
fn end(polls: &mut Vec<Value>, poll: &Value) {
    let Some(place) = polls.iter().position(|known| known["id"] == poll["id"]) else {
        return;
    };
    if polls.remove(place)["status"] != "open" {
        return polls.insert(place, poll.clone());
    }
    let over = polls.iter().filter(|poll| poll["status"] != "open").count();
    polls.insert(over, poll.clone());
    if over as u64 >= RECENT_POLLS {
        polls.remove(0);
    }
}

fn list<'a>(snapshot: &'a mut Value, name: &str) -> &'a mut Vec<Value> {
    snapshot[name].as_array_mut().unwrap()
}

/// Does something to a message wherever the snapshot has it.
fn each(snapshot: &mut Value, id: &Value, mut change: impl FnMut(&mut Value)) {
    for name in ["messages", "pinned"] {
        list(snapshot, name)
            .iter_mut()
            .filter(|message| message["id"] == *id)
            .for_each(&mut change);
    }
}

fn forget(snapshot: &mut Value, name: &str, id: &Value) {
    if let Some(messages) = snapshot.get_mut(name).and_then(Value::as_array_mut) {
        messages.retain(|message| message["id"] != *id);
    }
}

fn count_reply(snapshot: &mut Value, parent: &Value, by: i64) {
    each(snapshot, parent, |message| {
        message["reply_count"] = json!(message["reply_count"].as_i64().unwrap() + by);
    });
}

fn appear(snapshot: &mut Value, message: &Value) {
    forget(snapshot, "held", &message["id"]);
    count_reply(snapshot, &message["parent_id"], 1);
    let messages = list(snapshot, "messages");
    messages.push(message.clone());
    if messages.len() as u64 > RECENT_MESSAGES {
        messages.remove(0);
    }
    snapshot["message_count"] = json!(snapshot["message_count"].as_u64().unwrap() + 1);
}

fn disappear(snapshot: &mut Value, gone: &Value, status: &str) {
    each(snapshot, &gone["message_id"], |message| {
        message["status"] = json!(status);
        message["text"] = json!("");
        message["pinned"] = json!(false);
        message["reactions"] = json!([]);
        for extra in ["mentions", "assistant"] {
            message.as_object_mut().unwrap().remove(extra);
        }
    });
    forget(snapshot, "pinned", &gone["message_id"]);
    count_reply(snapshot, &gone["parent_id"], -1);
    snapshot["message_count"] = json!(snapshot["message_count"].as_u64().unwrap() - 1);
}

fn pin(snapshot: &mut Value, message: &Value) {
    forget(snapshot, "pinned", &message["id"]);
    if message["pinned"] == true {
        let pinned = list(snapshot, "pinned");
        pinned.push(message.clone());
        pinned.sort_by_key(|message| message["seq"].as_u64());
    }
}

fn contest(snapshot: &mut Value, kind: &str, data: &Value) {
    let entry = EntryKind::parse(kind).unwrap().read(&data.to_string()).unwrap();
    if let Some(board) = snapshot.get("contest") {
        let mut board: Scoreboard = serde_json::from_value(board.clone()).unwrap();
        board.fold(&entry);
        snapshot["contest"] = serde_json::to_value(board).unwrap();
    } else if kind == "contest.changed" {
        snapshot["contest"] = data["contest"].clone();
    } else {
        panic!("{kind} before there is a contest");
    }
}
