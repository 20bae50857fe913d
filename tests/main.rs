//! The one integration binary; a submodule a concern.

mod architecture;
