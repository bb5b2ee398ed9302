module github.com/paddock-crm/paddock/tools/deps

go 1.26
