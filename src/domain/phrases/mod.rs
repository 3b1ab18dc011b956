//! All words the assistant says of itself, in one place for translation. Figures and names come in; sentences go out.

pub mod commentary;
