//! Places in the small log of these tests, and what each answers.

/// The ids heard, or why it begins afresh.
type Answer = Result<&'static [&'static str], &'static str>;

/// What somebody asks to go on from, and either the ids they then hear or why they begin afresh.
pub(super) const PLACES: &[(bool, &str, Answer)] = &[
    // Viewers.
    (false, "1-5", Ok(&["1-6", "1-7"])),
    (false, "1-7", Ok(&[])),
    (false, "1-0", Ok(&["1-1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7"])),
    (false, "5", Ok(&["1-6", "1-7"])),
    (false, "007", Ok(&[])),
    (false, "1-5-1", Ok(&["1-6", "1-7"])),
    (false, "1-8", Err("future")),
    (false, "8", Err("future")),
    (false, "1-9999999999999999999", Err("future")),
    (false, "9223372036854775808", Err("future")),
    (false, "1-99999999999999999999", Err("malformed")),
    (false, "2-5", Err("epoch")),
    (false, "0-5", Err("epoch")),
    (false, "4294967295-5", Err("epoch")),
    (false, "4294967296-5", Err("malformed")),
    (false, "-5", Err("malformed")),
    (false, "1--5", Err("malformed")),
    (false, "1-", Err("malformed")),
    (false, "-", Err("malformed")),
    (false, "+5", Err("malformed")),
    (false, "1-5-", Err("malformed")),
    (false, "1-5-1-1", Err("malformed")),
    (false, "1.5", Err("malformed")),
    (false, "0x5", Err("malformed")),
    (false, "1-5,1-6", Err("malformed")),
    (false, "null", Err("malformed")),
    (false, "undefined", Err("malformed")),
    (false, "5 OR 1=1", Err("malformed")),
    (false, "\u{ff11}-\u{ff15}", Err("malformed")),
    // Staff. Their log: 1-1-0 1-2-0 1-3-0 1-3-1 1-4-1 1-4-2 1-5-2 1-6-2 1-7-2.
    (true, "1-4-1", Ok(&["1-4-2", "1-5-2", "1-6-2", "1-7-2"])),
    (true, "1-4-2", Ok(&["1-5-2", "1-6-2", "1-7-2"])),
    (true, "1-7-2", Ok(&[])),
    (true, "1-4", Ok(&["1-4-2", "1-5-2", "1-6-2", "1-7-2"])),
    (true, "6", Ok(&["1-7-2"])),
    (
        true,
        "1-0-0",
        Ok(&[
            "1-1-0", "1-2-0", "1-3-0", "1-3-1", "1-4-1", "1-4-2", "1-5-2", "1-6-2", "1-7-2",
        ]),
    ),
    (true, "1-8-2", Err("future")),
    (true, "1-7-3", Err("future")),
    (true, "1-4-9999999999999999999", Err("future")),
    (true, "1-9999999999999999999-9999999999999999999", Err("future")),
    // Numbers that were never true together are no place.
    (true, "1-1-2", Err("malformed")),
    (true, "1-7-0", Err("malformed")),
    (true, "1-0-1", Err("malformed")),
    (true, "2-4-1", Err("epoch")),
];
