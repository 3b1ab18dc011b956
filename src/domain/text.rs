//! Checked strings.
