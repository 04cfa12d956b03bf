//! What nodes say to each other on a data link: the first words and the frames.

mod hello;

pub use hello::{About, FIRST_WORD_MOST, Hello, Purpose, Reception, Refuse, VERSION, Welcome, agree, first_word};
