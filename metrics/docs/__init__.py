"""Generated documentation: schemas of the API and the pages of KPIs."""
