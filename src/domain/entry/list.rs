//! How a closed list of kinds is written: one enum of what happened, one of the kinds and their names, and the ways between
//! them. A macro, so that a kind is one line and nothing about it can be forgotten.

macro_rules! closed_list {
    ($(#[$doc:meta])* $list:ident, $kinds:ident { $($variant:ident($data:ident) = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        #[allow(clippy::large_enum_variant, reason = "made once, written as JSON and dropped; never kept in numbers")]
        pub enum $list {
            $($variant($data)),+
        }

        #[doc = concat!("The kinds of [`", stringify!($list), "`], by their names on the wire.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kinds {
            $($variant),+
        }

        impl $list {
            #[must_use]
            pub const fn kind(&self) -> $kinds {
                match self {
                    $(Self::$variant(_) => $kinds::$variant),+
                }
            }
        }

        impl $kinds {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// Reads data of this kind, as the log stores it.
            pub fn read(self, data: &str) -> serde_json::Result<$list> {
                match self {
                    $(Self::$variant => serde_json::from_str(data).map($list::$variant)),+
                }
            }

            /// Calls `see` with the OpenAPI description of each kind's data.
            pub fn describe(registry: &mut poem_openapi::registry::Registry, mut see: impl FnMut(Self, poem_openapi::registry::MetaSchemaRef)) {
                use poem_openapi::types::Type;
                $(
                    <$data as Type>::register(registry);
                    see(Self::$variant, <$data as Type>::schema_ref());
                )+
            }
        }
    };
}
