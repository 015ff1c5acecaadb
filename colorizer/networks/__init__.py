"""Networks: pure nn.Modules, one readable file each. Imports colour."""
