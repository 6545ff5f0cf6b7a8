module gochain

go 1.22
