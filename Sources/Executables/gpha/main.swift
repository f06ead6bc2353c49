import GPHa

await MultiCall.main()
