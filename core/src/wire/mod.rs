//! What two nodes say to each other: the first words and the frames of the data plane.

mod baggage;
mod extensions;
mod frame;
mod hello;
mod trace;

pub use baggage::{Baggage, MAX_BAGGAGE, decode_baggage, encode_baggage};
pub use extensions::{Extensions, MAX_EXTENSIONS};
pub use frame::{Frame, FrameKind, Frames, HEADER, MAX_PAYLOAD, MAX_PIECE, flag};
pub use hello::{About, FIRST_WORD_MOST, Hello, Purpose, Reception, Refuse, VERSION, Welcome, agree, first_word};
pub use trace::Trace;
