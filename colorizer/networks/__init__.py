"""Which networks does the project have? Pure nn.Modules, one readable file each."""
