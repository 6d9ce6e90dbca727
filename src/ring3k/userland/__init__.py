"""Where the guest's DLLs come from."""
