//! Full-text search: an index over `message.words`, which the product makes the same way for both databases.

use sea_orm_migration::sea_orm::DbBackend;

/// An index beside the table, kept by triggers. `row_no` is the rowid, so it survives VACUUM. The words come cut and folded:
/// whatever is not white space belongs to one. Where in a message a word stands is not kept: nobody asks, and keeping it is a
/// good part of what a message costs; nor is how many words a message has. Pieces of the index are put together sixteen at a
/// time in place of four, so that a word is written anew half as often; looking into a few dozen pieces costs nothing.
const SQLITE: &[&str] = &[
    "CREATE VIRTUAL TABLE message_search USING fts5(words, content='message', content_rowid='row_no', detail=none, columnsize=0,
        tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'\")",
    "INSERT INTO message_search(message_search, rank) VALUES ('automerge', 16), ('crisismerge', 64)",
    "CREATE TRIGGER message_search_insert AFTER INSERT ON message BEGIN
        INSERT INTO message_search(rowid, words) VALUES (new.row_no, new.words); END",
    "CREATE TRIGGER message_search_delete AFTER DELETE ON message BEGIN
        INSERT INTO message_search(message_search, rowid, words) VALUES ('delete', old.row_no, old.words); END",
    "CREATE TRIGGER message_search_update AFTER UPDATE OF words ON message BEGIN
        INSERT INTO message_search(message_search, rowid, words) VALUES ('delete', old.row_no, old.words);
        INSERT INTO message_search(rowid, words) VALUES (new.row_no, new.words); END",
];

/// A vector straight from the words: PostgreSQL's own parser would cut them anew, by the rules of the server's locale.
const POSTGRES: &[&str] = &[
    "ALTER TABLE message ADD COLUMN search tsvector GENERATED ALWAYS AS (words::tsvector) STORED",
    "CREATE INDEX message_search ON message USING gin (search)",
];

pub(crate) fn statements(backend: DbBackend) -> &'static [&'static str] {
    match backend {
        DbBackend::Postgres => POSTGRES,
        _ => SQLITE,
    }
}
