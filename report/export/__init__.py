"""Write a study's records in the forms that other tools read. Nothing is rounded or invented."""
