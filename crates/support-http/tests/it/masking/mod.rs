//! What is masked: who is told of it, and that nothing of it is left anywhere. All secrets here are invented, and are put
//! together from parts, so that no scanner takes them for real ones.

mod canary;
mod told;
