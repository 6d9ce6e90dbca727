"""NT structures by the component whose calls use them, and the constants that go with each."""
