"""The web page where staff hold a result against its original."""
