//! The interface of `protocol/wit/page.wit`, as the sandbox sees it.

#![allow(missing_docs, unreachable_pub)] // generated

wasmtime::component::bindgen!({
    path: "../protocol/wit",
    world: "page-program",
    // Pixels go into the program from where they are, without a copy on the way.
    ownership: Borrowing { duplicate_if_necessary: true },
});
