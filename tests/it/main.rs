//! Tests of the whole, through the library's public face.

mod exact;
mod exact_cases;
