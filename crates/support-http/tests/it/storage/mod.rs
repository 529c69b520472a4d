//! What must hold whatever happens at once or ends in between: numbers without gaps, nothing twice, nothing lost.

mod at_once;
mod crash;
mod migrations;
mod pages;
mod rolling;
