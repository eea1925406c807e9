//! Survey links: which personal data a link or a template of one carries.
//!
//! A template is no URL yet (`{{ base }}/r/{token}?u=${e://Field/Email}`), and what people write is often none at
//! all. So a link is taken apart by a splitter of our own that knows placeholders and refuses nothing, and not by the
//! crate `url`, which would reject or normalise just what is to be judged. base64 is decoded by the crate of that
//! name, which two dependencies bring anyway.
//!
//! [`inspect`] reads one link, [`links_in`] finds those in any text, and [`hosts_in`] the hosts. All are linear in the length of the text and never
//! fail. A name of a parameter or a placeholder tells by the lists of `lexicon`, a value by what it is: an e-mail
//! address, a phone number, a date, a number with the right check digits; also percent-encoded up to three times, in
//! base64, and in a link or JSON text that is a value itself. What is found is masked at once: no [`Hit`] holds it.
//!
//! Check digits are met by chance. A number of that kind counts only if the way it is written or its name says so too,
//! never where the name says order, product, time or campaign. So some are missed that nobody could tell from an
//! order number; e-mail addresses, international phone numbers and IBANs count everywhere.

mod decode;
mod find;
mod hit;
mod hosts;
mod inspect;
// Lists of words, many to a line.
#[rustfmt::skip]
mod lexicon;
mod names;
mod split;
mod template;
mod values;

pub use find::links_in;
pub use hit::{Encoding, Hit, How, What};
pub use hosts::hosts_in;
pub use inspect::{Link, Transport, inspect};

#[cfg(test)]
mod tests;
