//! The one table of error kinds. Numbers are stable and never reused; both languages and the docs are tested against it.

/// When a caller may try again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same call can succeed later or elsewhere.
    Yes,
    /// Repeating it gives the same answer.
    No,
}

macro_rules! kinds {
    ($($number:literal $name:ident $retry:ident $advice:literal;)*) => {
        /// What went wrong: the same list in Rust, Python, Java, the command line and the docs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Kind {
            $(#[doc = $advice] $name = $number,)*
        }

        impl Kind {
            /// Every kind in the order of its number.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];

            /// The kind with this number; `Internal` for one that this version doesn't know.
            pub fn from_number(number: u16) -> Kind {
                match number { $($number => Kind::$name,)* _ => Kind::Internal }
            }

            /// The name as written in every language.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => stringify!($name),)* }
            }

            /// The kind with this name, if there is one.
            pub fn from_name(name: &str) -> Option<Kind> {
                match name { $(stringify!($name) => Some(Kind::$name),)* _ => None }
            }

            /// Whether trying again can help.
            pub fn retry(self) -> Retry {
                match self { $(Kind::$name => Retry::$retry,)* }
            }

            /// What a reader should do when the error itself brings no better advice.
            pub fn advice(self) -> &'static str {
                match self { $(Kind::$name => $advice,)* }
            }
        }
    };
}

kinds! {
    1 DeadlineExceeded Yes "Raise the timeout of the call, or find out why the provider is slow.";
    2 Unavailable Yes "Check that a provider of the service is running and reachable, then try again.";
    3 PermissionDenied No "Ask an administrator of the cluster for the permission that the message names.";
    4 NotFound No "Check the name; `node.services` lists what the cluster offers.";
    5 NoSuchMethod No "Check the method's name, or start a provider whose version has it.";
    6 BadArguments No "Compare the arguments with the signature in the message.";
    7 Overloaded Yes "Slow down or add providers; the call was not started.";
    8 MaybeExecuted No "Find out whether the call took effect before repeating it, or mark the method idempotent.";
    9 NoQuorum Yes "Wait until a majority of the full nodes is back.";
    10 Closed No "Join again: this node, stream or handle was closed.";
    11 Forked No "Join after the fork: a forked child can't use its parent's node.";
    12 VersionMismatch No "Install versions of Twinspan that share a protocol version on both sides.";
    13 PayloadTooLarge No "Send less at once, send it as a stream, or raise `max_payload` on both sides.";
    14 Unserializable No "Change the value at the path in the message to a type that can cross.";
    15 Cancelled No "Somebody cancelled the call; repeat it if its result is still needed.";
    16 Misuse No "Move the call to a place where it is allowed, as the message says.";
    17 Unauthenticated No "Check the certificates: both sides must belong to the same cluster.";
    18 AlreadyExists No "Choose another name, or stop the holder of this one.";
    19 BadConfig No "Correct the setting that the message names.";
    20 Protocol Yes "Make sure that only Twinspan nodes talk to this address.";
    21 ClockSkew No "Set the clocks of both hosts.";
    22 Internal No "This is a defect of Twinspan; please report it with the text above.";
    23 Remote No "Look at the remote frames: the handler itself raised this.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_lead_back() {
        for (at, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at + 1);
            assert_eq!(Kind::from_number(*kind as u16), *kind);
            assert_eq!(Kind::from_name(kind.name()), Some(*kind));
            assert!(kind.advice().ends_with('.'));
        }
    }
}
