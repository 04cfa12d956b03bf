//! What two nodes say to each other: the first words and the frames of the data plane.

mod extensions;
mod frame;
mod hello;

pub use extensions::{Extensions, MAX_EXTENSIONS};
pub use frame::{Frame, FrameKind, Frames, HEADER, MAX_PAYLOAD, flag};
pub use hello::{About, FIRST_WORD_MOST, Hello, Purpose, Reception, Refuse, VERSION, Welcome, agree, first_word};
